"""Real processes on ports of their own: the service as an operator starts it, and sites that sign people in with it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.support import databases
from tests.support.command_server import CommandServer

ROOT = Path(__file__).resolve().parents[2]
SQLITE = "hearthkey.sqlite3"
SITES = ROOT / "tests" / "clients"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str], *, environment: dict[str, str], alive: str, log: Path, seconds: float = 60
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` until the block ends, once ``alive`` answers; what it prints goes to ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(process, alive, log, seconds)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], alive: str, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(requests.RequestException):
            if requests.get(alive, timeout=5).ok:
                return
        time.sleep(0.1)
    raise AssertionError(f"{process.args!r} did not come alive at {alive}:\n{log.read_text(errors='replace')[-4000:]}")


def wait_until(happened: Callable[[], bool], *, seconds: float = 20) -> None:
    """Return as soon as ``happened`` says so; what takes longer fails the test."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.1)


def visitors(count: int) -> list[requests.Session]:
    """Return so many browsers without a script. Each request has a connection of its own: one that is kept would now and
    then be closed by the server at the moment it is used again, and whom it meets is the kernel's choice each time.
    """
    made = [requests.Session() for _ in range(count)]
    for session in made:
        session.headers["Connection"] = "close"
    return made


def clean_environment(**extra: str) -> dict[str, str]:
    """Return an environment that holds nothing of the developer's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


@dataclass
class Hearthkey:
    """A service on a database of its own. Commands run beside the server, as an operator's do."""

    url: str
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    _commands: CommandServer | None = field(default=None, init=False, repr=False)

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text(errors="replace")

    def run(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        if self._commands is None:
            self._commands = CommandServer(self.environment)
        return self._commands.run(list(arguments), text=text)

    def close(self) -> None:
        """End what runs the commands."""
        if self._commands is not None:
            self._commands.close()
            self._commands = None

    def manage(self, *arguments: str) -> str:
        """Return what the command prints; it must succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def create_client(self, name: str, callback_url: str, *options: str) -> dict[str, Any]:
        """Register a client and return its ``client_id`` and ``client_secret``."""
        printed = self.manage("create_client", name, "--callback-url", callback_url, "--json", *options)
        found: dict[str, Any] = json.loads(printed)
        return found

    def member_arguments(
        self, username: str, email: str, *, verified: bool = True, groups: Sequence[str] = ()
    ) -> list[str]:
        options = [option for group in groups for option in ("--group", group)]
        return ["create_member", username, "--email", email, *(["--verified"] if verified else []), *options]

    def create_member(self, username: str, email: str, *, verified: bool = True, groups: Sequence[str] = ()) -> None:
        self.manage(*self.member_arguments(username, email, verified=verified, groups=groups))

    def login_link(self, username: str) -> str:
        """Return the one line that the command prints."""
        (line,) = self.manage("login_code", username).splitlines()
        return line


@contextlib.contextmanager
def hearthkey(folder: Path, *, database: str = "sqlite", is_migrated: bool = True, **extra: str) -> Iterator[Hearthkey]:
    """Start the service with ``manage.py serve`` and end it with the block.

    :param is_migrated: the database has its tables already, which saves the start seconds; else there is none yet.
    """
    port = free_port()
    environment = clean_environment(
        ENV_FILE=os.devnull,
        DATA_DIR=str(folder / "data"),
        PORT=str(port),
        APP_URL=f"http://localhost:{port}",
        **extra,
    )
    if database == "postgres":
        # PostgreSQL has no folder to keep a key in, so an operator must bring one.
        environment["ENCRYPTION_KEY"] = secrets.token_urlsafe(32)
    if is_migrated:
        environment |= migrated_database(folder / "data", database)
    elif database == "postgres":
        environment["DB_CONNECTION_STRING"] = postgres_url(create_postgres("template1"))
    with running(
        [sys.executable, "manage.py", "serve"],
        environment=environment,
        alive=f"http://127.0.0.1:{port}/healthz",
        log=folder / "serve.log",
    ) as process:
        service = Hearthkey(f"http://localhost:{port}", folder, environment, process)
        try:
            yield service
        finally:
            service.close()


def migrated_database(folder: Path, kind: str) -> dict[str, str]:
    """Give the service whose data folder this is a database with all its tables; return the variables that name it."""
    if kind == "postgres":
        return {"DB_CONNECTION_STRING": postgres_url(create_postgres(_migrated_postgres()))}
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(_migrated_sqlite(), folder / SQLITE)
    return {}


@functools.cache
def _migrated_sqlite() -> Path:
    """A database as the first start's migrations leave it, made once for this process."""
    folder = Path(tempfile.mkdtemp(prefix="hearthkey-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _migrate(DATA_DIR=str(folder))
    return folder / SQLITE


@functools.cache
def _migrated_postgres() -> str:
    name = create_postgres("template1")
    _migrate(
        DATA_DIR=os.devnull + "/none",
        ENCRYPTION_KEY=secrets.token_urlsafe(32),
        DB_CONNECTION_STRING=postgres_url(name),
    )
    return name


def _migrate(**environment: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, env=clean_environment(ENV_FILE=os.devnull, **environment), cwd=ROOT, check=True)


def create_postgres(template: str) -> str:
    """Create a database from ``template`` on the test run's server, and return its name."""
    import psycopg  # noqa: PLC0415  # only where PostgreSQL is asked for

    folder = os.environ.get("TEST_PG_DIR") or databases.start_postgres()
    os.environ["TEST_PG_DIR"] = folder
    name = f"served_{secrets.token_hex(6)}"
    with psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def postgres_url(name: str) -> str:
    return f"postgresql://postgres@/{name}?host={os.environ['TEST_PG_DIR']}"


@dataclass
class Site:
    """A relying party. ``url`` is where browsers find it; it has a host name of its own under ``.localhost``."""

    name: str
    callback_path: str
    start: Callable[[Site, dict[str, Any], str], contextlib.AbstractContextManager[Any]]
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://{self.name}.localhost:{self.port}"

    @property
    def callback_url(self) -> str:
        return self.url + self.callback_path

    @property
    def login_url(self) -> str:
        paths = {"mozilla": "/oidc/authenticate/", "apache": "/whoami.shtml"}
        return self.url + paths.get(self.name, "/login")

    @property
    def whoami_url(self) -> str:
        return f"{self.url}/whoami" + (".shtml" if self.name == "apache" else "")

    @property
    def alive(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def _site_environment(site: Site, credentials: dict[str, Any], **extra: str) -> dict[str, str]:
    return clean_environment(
        PORT=str(site.port),
        SITE_URL=site.url,
        SITE_KEY=secrets.token_hex(16),
        CLIENT_ID=credentials["client_id"],
        CLIENT_SECRET=credentials["client_secret"] or "",
        **extra,
    )


def mozilla_site(folder: Path) -> Site:
    """A Django site that signs people in with mozilla-django-oidc."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        environment = _site_environment(
            site, credentials, PROVIDER_URL=provider, SITE_DATABASE=str(folder / f"mozilla-{site.port}.sqlite3")
        )
        command = [sys.executable, str(SITES / "mozilla_site")]
        return running(command, environment=environment, alive=site.alive, log=folder / "mozilla.log")

    return Site("mozilla", "/oidc/callback/", start)


def authlib_site(folder: Path, *, scope: str = "openid profile email groups", third_origin: bool = False) -> Site:
    """A Flask site on Authlib; with ``third_origin`` its callback sends people on to another host."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        environment = _site_environment(
            site,
            credentials,
            DISCOVERY_URL=f"{provider}/.well-known/openid-configuration",
            SCOPE=scope,
            LANDING_URL=f"http://landing.localhost:{site.port}/landing" if third_origin else "",
        )
        command = [sys.executable, str(SITES / "authlib_site")]
        return running(command, environment=environment, alive=site.alive, log=folder / "authlib.log")

    return Site("authlib", "/callback", start)


def goth_site(folder: Path, binaries: Path) -> Site:
    """A Go site on goth, as Forgejo and OpenGist are."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        sessions = folder / f"goth-{site.port}"
        sessions.mkdir()
        environment = _site_environment(
            site,
            credentials,
            DISCOVERY_URL=f"{provider}/.well-known/openid-configuration",
            SITE_DATA=str(sessions),
        )
        command = [str(binaries / "goth_site")]
        return running(command, environment=environment, alive=site.alive, log=folder / "goth.log")

    return Site("goth", "/user/oauth2/hearthkey/callback", start)


def coder_site(folder: Path, binaries: Path) -> Site:
    """A Go site on go-oidc, as Coder is."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        environment = _site_environment(site, credentials, ISSUER=provider)
        command = [str(binaries / "coder_site")]
        return running(command, environment=environment, alive=site.alive, log=folder / "coder.log")

    return Site("coder", "/api/v2/users/oidc/callback", start)


def node_site(folder: Path, packages: Path, *, authentication: str = "basic", private_jwk: str = "") -> Site:
    """A site on openid-client; ``authentication`` is basic, post, none or private_key_jwt."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        environment = _site_environment(
            site,
            credentials,
            ISSUER=provider,
            CLIENT_AUTH=authentication,
            PRIVATE_JWK=private_jwk,
            SCOPE="openid profile email groups offline_access",
        )
        command = ["node", str(packages / "site.js")]
        return running(command, environment=environment, alive=site.alive, log=folder / "node.log")

    return Site("node", "/callback", start)


def install_node_site(folder: Path) -> Path:
    """Install the packages that the lock names, by their hashes, beside a copy of the site, and return the folder."""
    for name in ("package.json", "package-lock.json", "site.js"):
        shutil.copy(SITES / "node_site" / name, folder / name)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def apache_site(folder: Path, *, response_mode: str = "query") -> Site:
    """An Apache whose pages mod_auth_openidc guards."""

    def start(site: Site, credentials: dict[str, Any], provider: str) -> contextlib.AbstractContextManager[Any]:
        runtime = folder / f"apache-{site.port}"
        runtime.mkdir()
        environment = _site_environment(
            site,
            credentials,
            DISCOVERY_URL=f"{provider}/.well-known/openid-configuration",
            MODULES="/usr/lib/apache2/modules",
            RESPONSE_MODE=response_mode,
            SITE_FOLDER=str(runtime),
            SITE_CONTENT=str(SITES / "apache_site" / "htdocs"),
            SITE_HOST=f"{site.name}.localhost",
            SITE_PORT=str(site.port),
        )
        configuration = str(SITES / "apache_site" / "site.conf")
        command = ["/usr/sbin/apache2", "-X", "-f", configuration]
        return running(command, environment=environment, alive=site.alive, log=folder / "apache.log")

    return Site("apache", "/oidc/callback", start)


def build_go_sites(folder: Path) -> Path:
    """Build the Go sites from the distribution's packages, without any network, and return the folder they are in."""
    go = _distribution_go()
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOPATH": "/usr/share/gocode",
        "GO111MODULE": "off",
        "GOPROXY": "off",
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    for name in ("goth_site", "coder_site"):
        done = subprocess.run(
            [go, "build", "-o", str(folder / name), "."],
            cwd=SITES / "go_client" / name,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return folder


def _distribution_go() -> str:
    # Another Go may stand earlier in PATH; the one of the distribution is what its packages are made for.
    go = "/usr/bin/go" if Path("/usr/bin/go").exists() else shutil.which("go")
    assert go, "Go is missing. Run: apt-get install golang-go"
    return go
