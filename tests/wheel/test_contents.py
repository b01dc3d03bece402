from __future__ import annotations

import ast
from pathlib import Path
from zipfile import ZipFile

import pytest

APPS = ("accounts", "passkeys", "oidc_clients", "audit", "mailer")


def test_the_wheel_holds_the_five_apps_under_one_name_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"hearthkey"}
    assert {name.split("/")[1] for name in names if name.startswith("hearthkey/")} == set(APPS)


@pytest.mark.parametrize("app", APPS)
def test_each_app_of_the_wheel_is_typed_and_holds_every_file_of_the_tree(wheel: Path, app: str) -> None:
    root = Path(__file__).resolve().parents[2]
    here = {
        f"hearthkey/{path.relative_to(root).as_posix()}"
        for path in (root / app).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in ZipFile(wheel).namelist() if name.startswith(f"hearthkey/{app}/")}
    assert names == here
    assert f"hearthkey/{app}/py.typed" in names


def test_the_passkeys_app_brings_its_pages_and_its_script(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    for folder, suffix in (("templates", ".html"), ("static", ".js")):
        start = f"hearthkey/passkeys/{folder}/hearthkey/passkeys/"
        assert any(name.startswith(start) and name.endswith(suffix) for name in names), start


def test_nothing_in_the_wheel_imports_the_project(wheel: Path) -> None:
    archive = ZipFile(wheel)
    wrong = []
    for name in archive.namelist():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(archive.read(name))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            wrong += [(name, module) for module in modules if module.partition(".")[0] in {"config", "tests", *APPS}]
    assert wrong == []
