from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .engine import ROOT, tool

GUIDE = Path(__file__).with_name("guide-compose.yml")


def check_compose(path: Path) -> subprocess.CompletedProcess[str]:
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_dockerfile_passes_the_linter() -> None:
    linted = subprocess.run([tool("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", [ROOT / "docker-compose.yml", GUIDE], ids=["ours", "the guides'"])
def test_a_compose_file_follows_the_compose_specification(path: Path) -> None:
    checked = check_compose(path)
    assert checked.returncode == 0, checked.stdout


def test_a_misspelt_key_in_a_compose_file_is_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text((ROOT / "docker-compose.yml").read_text().replace("restart:", "restarts:"))
    assert check_compose(wrong).returncode != 0


def test_our_compose_file_listens_on_this_machine_only() -> None:
    assert '- "127.0.0.1:1411:1411"' in (ROOT / "docker-compose.yml").read_text()
