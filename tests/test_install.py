"""``make serve`` on a machine that lacks something: one line says what, and which command helps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import ROOT, clean_environment

pytestmark = pytest.mark.serve


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What ``make serve`` needs of a checkout, with no packages to install."""
    folder = tmp_path / "checkout"
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "requirements" / "install.sh", folder / "requirements")
    (folder / "requirements" / "base.txt").touch()
    (folder / "manage.py").write_text("print('started')\n")
    return folder


def serve(checkout: Path, python3: str | None = "", **modules: str) -> subprocess.CompletedProcess[str]:
    """Run ``make serve`` where ``python3`` is a Python that finds these modules before its own, or nothing at all."""
    tools = checkout.parent / "bin"
    tools.mkdir(exist_ok=True)
    stub = tools / "python3"
    for name, text in modules.items():
        (tools / f"{name}.py").write_text(text)
    stub.write_text(f'#!/bin/sh\nPYTHONPATH={tools} exec {sys.executable} "$@"\n')
    stub.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    command = ["make", "serve", *([f"PYTHON={python3}"] if python3 else [])]
    return subprocess.run(
        command,
        cwd=checkout,
        env=clean_environment(PATH=path, PIP_NO_INDEX="1"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that was said before ``make`` reported its own failure."""
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return line


def test_without_the_venv_package_the_start_names_it(checkout: Path) -> None:
    # As on Debian, where ensurepip comes with a package of its own.
    done = serve(checkout, ensurepip="raise ModuleNotFoundError('ensurepip')")
    assert complaint(done) == ("hearthkey: Python can't create virtual environments. Run: apt-get install python3-venv")
    assert not (checkout / ".venv").exists()
    assert "started" not in done.stdout


def test_an_old_python_is_named(checkout: Path) -> None:
    done = serve(checkout, sitecustomize="import sys\nsys.version_info = (3, 10, 12)")
    assert complaint(done).startswith("hearthkey: Python 3.11 or later is required, and python3 is older. Run: make ")
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_named(checkout: Path) -> None:
    done = serve(checkout, python3="python-that-is-nowhere")
    assert complaint(done) == "hearthkey: Python is missing. Run: apt-get install python3-venv"


# The twin of all above.
def test_with_everything_there_it_starts_and_the_second_time_installs_nothing(checkout: Path) -> None:
    done = serve(checkout)
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
    assert "hearthkey: installing requirements/base.txt into .venv ..." in done.stderr.splitlines()
    again = serve(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "started\n", "")


@pytest.mark.parametrize(
    ("program", "page"), [("print('new')", "new\n"), ("print('half'); raise SystemExit(1)", "old\n")]
)
def test_the_page_about_the_configuration_is_replaced_whole_or_not_at_all(
    checkout: Path, program: str, page: str
) -> None:
    (checkout / "docs").mkdir()
    (checkout / "docs" / "configuration.md").write_text("old\n")
    (checkout / "manage.py").write_text(program)
    tools = checkout.parent / "tools"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    done = subprocess.run(
        ["make", "docs", f"BIN={tools}"], cwd=checkout, env=clean_environment(), capture_output=True, check=False
    )
    assert (done.returncode == 0) is (page == "new\n")
    assert [path.name for path in (checkout / "docs").iterdir()] == ["configuration.md"]
    assert (checkout / "docs" / "configuration.md").read_text() == page
    assert not (checkout / ".venv").exists()
