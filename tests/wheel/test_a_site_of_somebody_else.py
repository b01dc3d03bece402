"""What a Django site of somebody else does with the wheel: its own user model, one app, its own addresses."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import SHELL, Site, run

APPS = ("accounts", "passkeys", "oidc_clients", "audit", "mailer")


@pytest.mark.parametrize("app", APPS)
def test_a_new_site_boots_and_migrates_with_one_app_and_misses_no_migration(
    make_site: Callable[..., Site], app: str
) -> None:
    site = make_site(app)
    site.manage("check", "--fail-level", "WARNING")
    site.manage("migrate")
    site.manage("makemigrations", "--check", "--dry-run")
    loaded = site.manage("shell", "--no-imports", "-c", "import sys, example.urls; print(*sys.modules)").split()
    ours = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("hearthkey.")}
    assert ours == {f"hearthkey.{app}"}
    assert "config" not in loaded


SERVED_SETTINGS = """
HEARTHKEY_PASSKEYS_ORIGINS = ["http://localhost:{port}"]
LOGIN_URL = "hearthkey_passkeys:sign-in"
LOGIN_REDIRECT_URL = "/admin/"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(site: Site, port: int) -> Iterator[None]:
    """Run the site on ``port`` for as long as the block runs."""
    log = site.folder / "server.log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [site.python, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=site.folder,
            env=SHELL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}/login", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(timeout=10)


def test_a_member_adds_a_passkey_and_signs_in_with_it(make_site: Callable[..., Site]) -> None:
    port = free_port()
    site = make_site("passkeys", SERVED_SETTINGS.format(port=port))
    site.manage("migrate")
    password = {"DJANGO_SUPERUSER_PASSWORD": "correct horse battery"}
    site.manage("createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.org", **password)
    visitor = Path(__file__).with_name("visitor.py")
    with served(site, port):
        address = f"http://localhost:{port}"
        told = json.loads(run(site.python, visitor, address, "ann", "correct horse battery", env=SHELL))
    assert told == {
        "before": "/login",
        "added": 201,
        "after signing out": "/login",
        "signed in with a passkey": 200,
        "with a key of somebody else": 400,
        "member": "ann",
    }
