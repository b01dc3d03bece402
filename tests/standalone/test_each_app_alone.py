from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "passkeys", "oidc_clients", "audit", "mailer")


@pytest.mark.parametrize("app", APPS)
def test_each_app_boots_migrates_and_misses_no_migration_beside_the_stock_user(app: str) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-m", "tests.standalone.boot", app],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr


def imported_modules(source: str) -> set[str]:
    """Return what a module imports, by first name; a relative import counts as the app itself."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else (node.module or "").partition(".")[0])
    return names


def test_no_migration_imports_one_of_the_apps() -> None:
    migrations = [path for app in APPS for path in (ROOT / app).glob("migrations/[0-9]*.py")]
    assert migrations
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in migrations
        if (found := imported_modules(path.read_text()) & {*APPS, "config", "hearthkey", "."})
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "line", ["import accounts.models", "from passkeys import conf", "from ..services import register", "import config"]
)
def test_an_import_of_an_app_is_noticed_in_a_migration(line: str) -> None:
    assert imported_modules(line) & {*APPS, "config", "hearthkey", "."}


def test_an_import_of_django_is_none_of_an_app() -> None:
    assert imported_modules("from django.db import migrations, models\nimport uuid") == {"django", "uuid"}


@pytest.mark.parametrize("app", APPS)
def test_no_app_names_itself_or_another_by_its_full_path(app: str) -> None:
    """The wheel nests the apps, so a bare ``passkeys.models`` in code would name nothing there."""
    sources = [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in sources
        if (found := imported_modules(path.read_text()) & {*APPS, "config", "hearthkey"})
    }
    assert wrong == {}
