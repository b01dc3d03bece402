"""The compose file that guides hand out, unchanged but for the image's name, behind a real Caddy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.container.engine import Engine, form_token, wait_for

NAME = "site-hearthkey-1"
ADDRESS = "https://id.example.org"
CADDYFILE = """\
{{
    admin off
    skip_install_trust
    storage file_system {folder}/caddy
}}
id.example.org {{
    tls internal
    reverse_proxy localhost:1411
}}
"""
# Who runs in the container, apart from the one who asks.
OWNERS = """
import os, pathlib
for process in pathlib.Path("/proc").glob("[0-9]*"):
    if int(process.name) != os.getpid():
        print(f"{process.stat().st_uid}:{process.stat().st_gid}")
"""
VISITOR = "127.0.0.5"
ROOT_CERTIFICATE = "caddy/pki/authorities/local/root.crt"


def start(engine: Engine, site: Path) -> None:
    engine.compose(site, "up", "--detach", "--no-build")
    engine.wait_until_healthy(NAME)


@contextmanager
def caddy(engine: Engine, folder: Path) -> Iterator[None]:
    """Serve the container under its public name with TLS, on ports 80 and 443 of the engine's namespaces."""
    (folder / "Caddyfile").write_text(CADDYFILE.format(folder=folder))
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = engine.start("caddy", "run", "--config", folder / "Caddyfile", **homes)
    try:
        wait_for(lambda: browse(engine, folder, "/healthz").returncode == 0, "Caddy")
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def browse(engine: Engine, folder: Path, path: str, *arguments: str) -> CompletedProcess[str]:
    jar = folder / "cookies"
    return engine.curl(
        *(
            "--fail-with-body",
            "--interface",
            VISITOR,
            "--resolve",
            "id.example.org:443:127.0.0.1",
            "--cacert",
            folder / ROOT_CERTIFICATE,
        ),
        *("--cookie", jar, "--cookie-jar", jar, *arguments, f"{ADDRESS}{path}"),
    )


def without_trust_proxy(site: Path) -> None:
    path = site / "docker-compose.yml"
    kept = re.sub(r"^ +TRUST_PROXY: .*\n", "", path.read_text(), flags=re.MULTILINE)
    assert kept != path.read_text()
    path.write_text(kept)


@pytest.mark.parametrize("trust", [True, False], ids=["with TRUST_PROXY", "without TRUST_PROXY"])
def test_the_wizard_opens_and_makes_the_administrator_behind_caddy(
    engine: Engine, site: Path, tmp_path: Path, trust: bool
) -> None:
    if not trust:
        without_trust_proxy(site)
    start(engine, site)
    with caddy(engine, tmp_path):
        opened = browse(engine, tmp_path, "/", "--location", "--write-out", "%{url_effective}")
        assert opened.returncode == 0, opened.stderr + opened.stdout + engine.logs(NAME)
        assert "Create administrator" in opened.stdout
        assert opened.stdout.endswith(f"{ADDRESS}/setup")

        fields = {
            "csrfmiddlewaretoken": form_token(opened.stdout),
            "username": "ann",
            "email": "ann@example.org",
            "first_name": "Ann",
            "last_name": "Oak",
        }
        data = [part for name, value in fields.items() for part in ("--data-urlencode", f"{name}={value}")]
        sent = ("--referer", f"{ADDRESS}/setup", "--write-out", "%{http_code} %{redirect_url}")
        created = browse(engine, tmp_path, "/setup", *sent, *data)
        assert created.stdout.endswith(f"302 {ADDRESS}/account/passkeys/first"), created.stdout + engine.logs(NAME)
    # The proxy's word on who is visiting counts when it is trusted, and only then.
    assert (VISITOR in engine.logs(NAME)) is trust


def test_the_data_folder_that_root_made_belongs_to_the_user_the_guide_names(engine: Engine, site: Path) -> None:
    start(engine, site)
    files = [site / "data", *(site / "data").rglob("*")]
    assert len(files) > 1
    assert {(path.stat().st_uid, path.stat().st_gid) for path in files} == {(1000, 1000)}
    assert set(engine.podman("exec", NAME, "python", "-c", OWNERS).split()) == {"1000:1000"}


def groups(engine: Engine) -> str:
    code = "from django.contrib.auth.models import Group; print(*Group.objects.values_list('name', flat=True))"
    return engine.podman("exec", NAME, "python", "manage.py", "shell", "--no-imports", "-c", code)


def test_data_outlives_a_restart_and_a_new_container(engine: Engine, site: Path) -> None:
    start(engine, site)
    code = "from django.contrib.auth.models import Group; Group.objects.create(name='gardeners')"
    engine.podman("exec", NAME, "python", "manage.py", "shell", "--no-imports", "-c", code)
    assert "gardeners" in groups(engine)

    engine.compose(site, "restart")
    engine.wait_until_healthy(NAME)
    assert "gardeners" in groups(engine)

    engine.compose(site, "down")
    start(engine, site)
    assert "gardeners" in groups(engine)


def test_commands_that_root_runs_in_the_container_leave_every_file_to_the_service(engine: Engine, site: Path) -> None:
    start(engine, site)
    groups(engine)
    assert {path.stat().st_uid for path in (site / "data").rglob("*")} == {1000}


def test_stopping_is_graceful(engine: Engine, site: Path) -> None:
    start(engine, site)
    engine.compose(site, "stop", "--timeout", "10")
    state = engine.inspect(NAME)["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0), engine.logs(NAME)


def test_the_key_of_the_guide_is_used_and_none_is_written(engine: Engine, site: Path) -> None:
    start(engine, site)
    assert not (site / "data" / "encryption_key").exists()
