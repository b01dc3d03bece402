"""A container engine for tests that needs no daemon, no systemd and no image registry.

Images are built by buildah. They run under podman in mount and network namespaces of their own: the machine's mounts
stay as they are, and port 1411 of the tests is not port 1411 of the machine. The base image is a stand-in for the
official one: Debian with its Python, made by mmdebstrap from the mirror that the machine's own apt uses.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
BASE_NAME = "python:3.13-slim-trixie"
IMAGE = "hearthkey:latest"
DEBIAN_RELEASE = "trixie"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = ("buildah", "caddy", "crun", "curl", "ip", "iptables", "mmdebstrap", "nsenter", "podman", "unshare")
# What our compose file takes from the shell; the shell of this test run is not to decide it.
COMPOSE_VARIABLES = {"APP_URL", "ENCRYPTION_KEY", "MAXMIND_LICENSE_KEY", "TRUST_PROXY"}

CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
cgroups = "disabled"
[engine]
runtime = "crun"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""

STORAGE_CONF = """\
[storage]
driver = "{driver}"
graphroot = "{folder}/graph"
runroot = "{folder}/run"
"""


def missing_tools() -> list[str]:
    """Return the programs and files that these tests need and the machine does not have."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return missing + [str(path) for path in (KEYRING, CERTIFICATES) if not path.exists()]


def debian_mirror() -> str | None:
    """Return the address that the machine's apt fetches Debian from; None on a machine that uses none."""
    if address := os.environ.get("DEBIAN_MIRROR"):
        return address
    targets = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    addresses = {line.rstrip("/") for line in run(*targets).splitlines()}
    return next((address for address in sorted(addresses) if address.endswith("/debian")), None)


def cache_folder() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearthkey-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(*command: str | Path, **options: Any) -> str:
    """Run a command, return what it printed, and show all of it when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        line = " ".join(map(str, command))
        raise AssertionError(f"{line}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def base_archive(mirror: str) -> Path:
    """Return a root file system with Python and the machine's CA certificates, kept between runs for a week."""
    certificates = hashlib.sha256(CERTIFICATES.read_bytes()).hexdigest()[:12]
    archive = cache_folder() / f"base-{DEBIAN_RELEASE}-{certificates}.tar"
    if archive.exists() and time.time() - archive.stat().st_mtime < 7 * 86400:
        return archive
    part = archive.with_suffix(f".{os.getpid()}.tar")
    hooks = (
        'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
        'ln -s /usr/bin/python3 "$1"/usr/local/bin/python; ln -s /usr/bin/python3 "$1"/usr/local/bin/python3',
        f'cp {CERTIFICATES} "$1"/etc/ssl/certs/',
    )
    run(
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--keyring={KEYRING}"),
        "--include=ca-certificates,python3,python3-venv,python3-pip",
        *(f"--customize-hook={hook}" for hook in hooks),
        *(DEBIAN_RELEASE, part, mirror),
    )
    part.replace(archive)
    return archive


def compose_program(mirror: str) -> Path:
    """Return Docker's compose program. Debian 12 has only its first version, so it comes from the next release."""
    program = cache_folder() / "docker-compose"
    if program.exists():
        return program
    folder = cache_folder() / f"compose.{os.getpid()}"
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache").mkdir()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {DEBIAN_RELEASE} main\n")
    places = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    options = [part for name, value in places.items() for part in ("-o", f"{name}={value}")]
    run("apt-get", "--quiet", *options, "update")
    run("apt-get", "--quiet", *options, "download", f"docker-compose/{DEBIAN_RELEASE}", cwd=folder)
    run("dpkg-deb", "--extract", *folder.glob("docker-compose_*.deb"), folder / "files")
    found = [path for path in (folder / "files").rglob("docker-compose") if path.is_file() and os.access(path, os.X_OK)]
    shutil.copy2(found[0], folder / "docker-compose")
    (folder / "docker-compose").replace(program)
    shutil.rmtree(folder)
    return program


class Engine:
    """buildah, podman and docker-compose over one storage folder, inside namespaces of their own."""

    def __init__(self, folder: Path, compose: Path) -> None:
        self.folder = folder
        self.compose_program = compose
        driver = "vfs" if run("stat", "-f", "-c", "%T", folder).strip() == "overlayfs" else "overlay"
        (folder / "containers.conf").write_text(CONTAINERS_CONF.format(folder=folder))
        (folder / "storage.conf").write_text(STORAGE_CONF.format(folder=folder, driver=driver))
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in COMPOSE_VARIABLES},
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "DOCKER_HOST": f"unix://{folder}/engine.sock",
            "HOME": str(folder),
        }
        self._holder: subprocess.Popen[bytes] | None = None
        self._service: subprocess.Popen[bytes] | None = None

    def build(self, mirror: str) -> str:
        """Build the tree's Dockerfile on the stand-in base image; return what the build printed."""
        container = run("buildah", "from", "scratch", env=self.env).strip()
        run("buildah", "add", "--quiet", container, base_archive(mirror), "/", env=self.env)
        environment = {
            "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "PIP_CERT": str(CERTIFICATES),
            "SSL_CERT_FILE": str(CERTIFICATES),
        }
        options = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        run("buildah", "config", "--cmd", "python3", *options, container, env=self.env)
        run("buildah", "commit", "--quiet", "--rm", container, BASE_NAME, env=self.env)
        return run(
            *("buildah", "bud", "--isolation", "chroot", "--format", "docker", "--pull=never"),
            *(*self._package_index(), "--tag", IMAGE, str(ROOT)),
            env=self.env,
        )

    def _package_index(self) -> list[str]:
        """Lend the machine's choice of package index to the build, without leaving it in a layer."""
        names = ("index-url", "extra-index-url")
        chosen = {name: os.environ.get(f"PIP_{name.upper().replace('-', '_')}") for name in names}
        lines = [f"{name} = {value}" for name, value in chosen.items() if value]
        if not lines:
            return []
        settings = self.folder / "pip.conf"
        settings.write_text("\n".join(["[global]", *lines, ""]))
        return ["--volume", f"{settings}:/etc/pip.conf:ro"]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Open the namespaces, and podman's API in them, for as long as the block runs."""
        # systemd-less machines mount both kinds of control groups, which crun refuses; only the copy here loses one.
        open_them = "umount /sys/fs/cgroup/unified 2>/dev/null; ip link set lo up && echo open && exec sleep infinity"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", open_them], stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"open\n"
        socket = self.folder / "engine.sock"
        self._service = self.start("podman", "system", "service", "--time=0", f"unix://{socket}")
        wait_for(socket.exists, "podman's API")
        try:
            yield
        finally:
            subprocess.run(self._inside("podman", "rm", "--force", "--all", "--time", "5"), env=self.env, check=False)
            for process in (self._service, self._holder):
                process.terminate()
                process.wait(timeout=20)

    def _inside(self, *command: str | Path, folder: Path | None = None) -> list[str]:
        assert self._holder is not None
        enter = ["nsenter", "--mount", "--net", "--target", str(self._holder.pid)]
        return [*enter, "env", f"--chdir={folder or self.folder}", *map(str, command)]

    def run(self, *command: str | Path, folder: Path | None = None) -> str:
        """Run a command inside the namespaces and return what it printed."""
        return run(*self._inside(*command, folder=folder), env=self.env)

    def attempt(self, *command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command inside the namespaces that may fail."""
        line = self._inside(*command, folder=folder)
        return subprocess.run(line, env=self.env, capture_output=True, text=True, check=False)

    def start(self, *command: str | Path, folder: Path | None = None, **env: str) -> subprocess.Popen[bytes]:
        """Start a process inside the namespaces; its output goes to a file in the engine's folder."""
        log = (self.folder / f"{Path(command[0]).name}.log").open("ab")
        line = self._inside(*command, folder=folder)
        return subprocess.Popen(line, env={**self.env, **env}, stdout=log, stderr=subprocess.STDOUT)

    def podman(self, *arguments: str | Path) -> str:
        return self.run("podman", *arguments)

    def compose(self, folder: Path, *arguments: str) -> str:
        return self.run(self.compose_program, *arguments, folder=folder)

    def inspect(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.podman("inspect", container))
        return found[0]

    def logs(self, container: str) -> str:
        done = self.attempt("podman", "logs", container)
        return done.stdout + done.stderr

    def curl(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.attempt("curl", "--silent", "--show-error", "--max-time", "10", *arguments)

    def wait_until_healthy(self, container: str, seconds: float = 40) -> None:
        """Run the image's own health check until it passes; without systemd nobody else runs it."""

        def healthy() -> bool:
            return self.attempt("podman", "healthcheck", "run", container).returncode == 0

        wait_for(healthy, f"health of {container}", seconds, lambda: self.logs(container))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20, explain: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}\n{explain()}")
        time.sleep(0.2)


def tool(name: str) -> Path:
    """Return a program that the test requirements install beside the running interpreter."""
    return Path(sys.executable).parent / name


def form_token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]
