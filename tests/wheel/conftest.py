from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wheel)
            item.add_marker(pytest.mark.timeout(300))  # the first one fills the virtual environment as well
            item.add_marker(pytest.mark.xdist_group("wheel"))


def run(*command: str | Path, **options: Any) -> str:
    """Run a command without this tree on its path; return what it printed, and show all of it when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("hearthkey-*.whl")
    return built


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh virtual environment that has the wheel and only what the wheel itself asks for.

    The versions are those of the lock file; its hashes are left out, because the wheel itself has none there.
    """
    folder = tmp_path_factory.mktemp("site-packages")
    lock = (ROOT / "requirements" / "base.txt").read_text().splitlines()
    pins = [line.partition("\\")[0].strip() for line in lock if line and line[0].isalnum()]
    (folder / "pins.txt").write_text("\n".join(pins))
    run(sys.executable, "-m", "venv", folder / "venv")
    interpreter = folder / "venv" / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:")
    run(interpreter, *install, "--constraint", folder / "pins.txt", wheel)
    return interpreter


# What a shell at that site has set: nothing of the settings that this test run was started with.
SHELL = {"PATH": "/usr/bin:/bin"}


@dataclass(frozen=True)
class Site:
    """A site that `startproject` made, with one of the wheel's apps in it."""

    folder: Path
    python: Path

    def manage(self, *arguments: str, **env: str) -> str:
        return run(self.python, "manage.py", *arguments, cwd=self.folder, env={**SHELL, **env})


OIDC_SETTINGS = """
OAUTH2_PROVIDER_APPLICATION_MODEL = "hearthkey_oidc_clients.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "hearthkey_oidc_clients.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "hearthkey_oidc_clients.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "hearthkey_oidc_clients.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "hearthkey_oidc_clients.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "hearthkey_oidc_clients.DeviceGrant"
MIDDLEWARE += ["hearthkey.oidc_clients.middleware.GoingOnMiddleware"]
"""
PASSKEY_SETTINGS = """
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "hearthkey.passkeys.backends.PasskeyBackend"]
HEARTHKEY_PASSKEYS_RP_ID = "localhost"
HEARTHKEY_PASSKEYS_ORIGINS = ["http://localhost:8000"]
"""
BESIDE = {"oidc_clients": ["oauth2_provider"]}
SETTINGS = {"oidc_clients": OIDC_SETTINGS, "passkeys": PASSKEY_SETTINGS}
URLS = """
from importlib.util import find_spec

from django.urls import include

for module in ("urls", "urls_wellknown"):
    if find_spec("hearthkey.{app}." + module):
        urlpatterns.append(path("", include("hearthkey.{app}." + module)))
"""


@pytest.fixture
def make_site(python: Path, tmp_path: Path) -> Callable[..., Site]:
    """Make a site as the tutorial does, and add one app to it as that app's readers would."""

    def make(app: str, settings: str = "") -> Site:
        run(python, "-m", "django", "startproject", "example", tmp_path, env=SHELL)
        installed = [f"hearthkey.{app}", *BESIDE.get(app, [])]
        with (tmp_path / "example" / "settings.py").open("a") as file:
            file.write(f"\nINSTALLED_APPS += {installed!r}\n{SETTINGS.get(app, '')}{settings}")
        with (tmp_path / "example" / "urls.py").open("a") as file:
            file.write(URLS.format(app=app))
        return Site(tmp_path, python)

    return make
