from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from config.environment import schema
from config.live import fixed
from tests.support.container.engine import ROOT, tool

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


def handed_on(compose: str) -> dict[str, str]:
    """Return the variables that a compose file takes over from `.env`, with what they are when it does not set them."""
    found = re.findall(r"^      ([A-Z_]+): \$\{([A-Z_]+):-(.*)\}$", compose, re.MULTILINE)
    assert all(name == source for name, source, _ in found)
    return {name: default for name, _, default in found}


def test_our_compose_file_hands_on_every_variable_but_the_images_own() -> None:
    found = handed_on((ROOT / "docker-compose.yml").read_text())
    every = {variable.name for variable in (*schema.variables(), *fixed.variables())}
    twins = {f"{variable.name}_FILE" for variable in (*schema.variables(), *fixed.variables()) if variable.secret}
    assert set(found) == (every | twins) - {"DATA_DIR", "HOST", "PORT"}
    assert {name: default for name, default in found.items() if default} == {"APP_URL": "http://localhost:1411"}


def test_what_our_compose_file_hands_on_by_itself_is_a_sound_configuration() -> None:
    found = schema.read(handed_on((ROOT / "docker-compose.yml").read_text()))
    # The file names the address, which is otherwise the default.
    assert dataclasses.replace(found, app_url_is_set=False) == schema.read({})


def test_the_heading_that_our_compose_file_names_is_in_the_readme() -> None:
    named = re.findall(r'\(README, "([^"]+)"\)', (ROOT / "docker-compose.yml").read_text())
    assert named
    assert all(f"\n## {heading}\n" in (ROOT / "README.md").read_text() for heading in named)
