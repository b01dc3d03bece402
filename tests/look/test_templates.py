"""What every template and the stylesheet keep to."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "audit", "config", "mailer", "oidc_clients", "passkeys")
MAILS = ROOT / "mailer" / "templates" / "hearthkey" / "mailer"


def is_mail(path: Path) -> bool:
    """Mails bring all of their look along, as mail programs want it: no page is made of these."""
    return path.is_relative_to(MAILS) and not path.is_relative_to(MAILS / "admin")


TEMPLATES = sorted(
    path
    for folder in (ROOT / "templates", *(ROOT / room / "templates" for room in ROOMS))
    for path in folder.glob("**/*.html")
    if not is_mail(path)
)
PUBLIC = [path for path in TEMPLATES if "admin" not in path.relative_to(ROOT).parts]
STYLESHEET = ROOT / "config" / "static" / "hearthkey" / "hearthkey.css"
# Text on a ground, as the stylesheet pairs them.
PAIRS = [
    ("text", "page"),
    ("text", "surface"),
    ("text", "accent-soft"),
    ("muted", "page"),
    ("muted", "surface"),
    ("accent", "page"),
    ("accent", "surface"),
    ("accent", "accent-soft"),
    ("accent-strong", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("danger", "danger-soft"),
    ("danger", "surface"),
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def faults(markup: str) -> list[str]:
    """Return what the content security policy would block in ``markup``."""
    tags = re.findall(r"<[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>", markup, re.IGNORECASE)
    found = [tag for tag in tags if re.search(r"\s(?:style|on[a-z]+)\s*=", tag, re.IGNORECASE)]
    found += [tag for tag in tags if re.match(r"<script\b(?!.*\ssrc=)", tag, re.IGNORECASE | re.DOTALL)]
    return found + re.findall(r"<style\b[^>]*>|javascript:", markup, re.IGNORECASE)


def palettes() -> dict[str, dict[str, str]]:
    css = STYLESHEET.read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block)) for block in re.findall(r":root\s*\{([^}]*)\}", css)
    )
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def classes(markup: str) -> set[str]:
    """Return the classes that are written out; those that a variable brings are left aside."""
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", markup)
    return set(itertools.chain.from_iterable(value.split() for value in re.findall(r'class="([^"]*)"', plain)))


def test_there_are_templates_to_look_at() -> None:
    assert len(PUBLIC) > 20
    assert len(TEMPLATES) > len(PUBLIC)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles(path: Path) -> None:
    engines["django"].from_string(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_has_nothing_inline(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "markup",
    ["<script>go()</script>", '<p style="color: red">', '<a href="/" onclick="go()">', '<a href="javascript:go()">'],
)
def test_inline_markup_is_found(markup: str) -> None:
    assert faults(markup)


def test_a_script_of_this_host_is_no_fault() -> None:
    assert faults('<script type="module" src="/static/x.js"></script><p data-once="1">') == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), PAIRS)
def test_text_is_readable_on_its_ground(scheme: str, front: str, ground: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[front], palette[ground]) >= 4.5


def test_contrast_is_computed_as_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("path", PUBLIC, ids=name)
def test_every_class_of_a_page_is_in_the_stylesheet(path: Path) -> None:
    known = set(re.findall(r"\.([a-z][a-z-]*)", STYLESHEET.read_text(encoding="utf-8")))
    assert classes(path.read_text(encoding="utf-8")) - known == set()
