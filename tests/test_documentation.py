from __future__ import annotations

import io
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import Resolver404, resolve

from oidc_clients.models import Client

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = sorted((ROOT / "docs" / "clients").glob("*.md"))
APPS = ("accounts", "passkeys", "oidc_clients", "audit", "mailer")
OUR_ADDRESS = re.compile(r"https://id\.example\.com(/[^\s`\"]+)")
OUR_PATH = re.compile(r"`(/[^\s`]+)`")


def relative_links(text: str) -> list[str]:
    """Return the targets of links and pictures that stand in this tree, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [path for target in targets if ":" not in target and (path := target.partition("#")[0])]


def settings_of(app: str) -> set[str]:
    """Return the settings that an app reads."""
    found: set[str] = set()
    for source in (*(ROOT / app).rglob("conf.py"), *(ROOT / app).rglob("adapters.py")):
        text = source.read_text()
        names = re.findall(r"\b(?:_?read|_duration|_load)\(\"([A-Z_]+)\"", text)
        found.update(f"HEARTHKEY_{app.upper()}_{name}" for name in names)
        found.update(re.findall(r"\"(HEARTHKEY_[A-Z_]+[A-Z])\"", text))
    return found


def paths_in(text: str) -> set[str]:
    return {*OUR_ADDRESS.findall(text), *OUR_PATH.findall(text)}


def is_served(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    missing = [link for link in relative_links(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_a_link_to_nowhere_is_found_and_one_to_the_web_is_not_followed() -> None:
    assert relative_links("[a](b.md#c) [d](https://example.com) [e](#f)") == ["b.md"]


def test_the_settings_that_the_page_about_the_apps_names_are_the_ones_that_the_apps_read() -> None:
    named = set(re.findall(r"HEARTHKEY_[A-Z_]+[A-Z]", (ROOT / "docs" / "apps.md").read_text()))
    assert named == set().union(*(settings_of(app) for app in APPS))


def test_the_page_about_the_apps_installs_the_wheel_that_this_tree_builds() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    commands = re.findall(r"^pip install (\S+)", (ROOT / "docs" / "apps.md").read_text(), re.MULTILINE)
    assert commands == [f"dist/hearthkey-{version}-py3-none-any.whl"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_path_that_a_guide_names_is_served(guide: Path) -> None:
    paths = paths_in(guide.read_text())
    assert paths
    assert {path for path in paths if not is_served(path)} == set()


def commands_in(text: str) -> list[list[str]]:
    """Return the arguments of each ``manage.py`` command in the page's blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("manage.py ")]


@pytest.mark.django_db
@pytest.mark.parametrize("guide", [guide for guide in GUIDES if guide.stem != "README"], ids=lambda guide: guide.stem)
def test_guide_works_on_a_new_installation(guide: Path) -> None:
    commands = commands_in(guide.read_text())
    assert [command[0] for command in commands] == ["create_group", "create_client"]
    for command in commands:
        call_command(*command, stdout=io.StringIO())
    client = Client.objects.get()
    assert [group.name for group in client.allowed_groups.all()] == ["staff"]
    text = guide.read_text()
    assert all(f"`{url}`" in text for url in (*client.redirect_uris, client.launch_url))
    assert "## Check that it works" in text
    assert "## Custom claims" in text


def test_a_path_that_is_not_served_is_noticed() -> None:
    assert paths_in("`/api/oidc/tokens`") == {"/api/oidc/tokens"}
    assert not is_served("/api/oidc/tokens")
    assert is_served("/api/oidc/token")
