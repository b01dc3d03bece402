"""The words that people read: one term for one thing, and no phrase that a reader stumbles over."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: What is banned, and what to write instead.
BANNED = {
    r"e-mails?": "email",
    r"user names?": "username",
    r"operators?": "administrator",
    r"set-up": "setup",
    r"whoever": "anyone who",
    r"put right": "fixed",
    r"made anew|anew": "again",
    r"no more(?! than)": "no longer",
    r"of use": "useful",
    r"sign-on": "sign-in",
    r"nobody is": "no one is",
}
_PATTERN = re.compile(rf"\b({'|'.join(BANNED)})\b", re.IGNORECASE)
_MARKERS = {"_", "_t", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
_TAG = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{% (?:url|include|extends|load|if|elif|with|for)[^%]*%\}")
#: Pages for people who run the service or build on it; the decision records stay as they were written.
_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "clients").glob("*.md"))]


def files(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in listed if not name.startswith(("tests/", "benchmarks/", "requirements/"))]


def messages_of(source: str) -> Iterator[str]:
    """Yield the texts that a module marks for translation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _MARKERS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def found_in(text: str) -> list[str]:
    return [found[0] for found in _PATTERN.finditer(text)]


def advice(found: dict[str, list[str]]) -> str:
    return f"{found}: write instead {BANNED}"


def test_messages_use_the_vocabulary() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {message}": words
        for path in files("*.py")
        if "migrations" not in path.parts
        for message in messages_of(path.read_text())
        if (words := found_in(message))
    }
    assert not found, advice(found)


@pytest.mark.parametrize("pattern", ["*.html", "*.txt"])
def test_templates_and_mails_use_the_vocabulary(pattern: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": words
        for path in files(pattern)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (words := found_in(_TAG.sub("", line)))
    }
    assert not found, advice(found)


def test_pages_use_the_vocabulary() -> None:
    found = {
        str(path.relative_to(ROOT)): words
        for path in _PAGES
        if (words := found_in(re.sub(r"`[^`]*`", "", path.read_text())))
    }
    assert not found, advice(found)


def test_a_banned_word_is_found_and_its_replacement_is_not() -> None:
    assert found_in("Ask the operator for an e-mail, whoever you are.") == ["operator", "e-mail", "whoever"]
    assert not found_in("Ask the administrator for an email. No more than two.")
    assert list(messages_of("_('Hello'); print('not this')")) == ["Hello"]
