from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.environment import schema
from config.live import fixed
from config.live.registry import SECTIONS

_TABLE = """| Variable | Allowed | Default | What it does |
|---|---|---|---|
"""
_INTRODUCTION = f"""# Configuration

Hearthkey reads its configuration from the environment, and from a file `.env` beside `manage.py`, which never
overrides the real environment; `ENV_FILE` names another file. An empty value counts as unset. A value that can't be
used stops the start with one line that names the variable and says what is allowed. This page is made by `make docs`
from the schema itself.

Each variable marked *secret* has a twin whose name ends in `_FILE` and which names a file that holds the value; one
newline at the end of the file is dropped. Setting both stops the start, and so does an empty file.

## Service

{_TABLE}"""
_LIVE = """
## Application configuration

A superuser changes these on the page *Application configuration* of the administration, while the service runs: every
worker follows within two seconds. A variable fixes its key; the page then shows the value, locked, with the variable's
name. The variables have the incumbent's names where it has one, and count whatever `UI_CONFIG_DISABLED` says.
"""


class Command(BaseCommand):
    help = "Print docs/configuration.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION, *(_row(variable) for variable in schema.variables()), _LIVE]
    for section in SECTIONS:
        rows = (_row(fixed.variable_of(setting)) for setting in section.settings)
        parts += [f"\n### {section.title}\n\n{_TABLE}", *rows]
    return "".join(parts)


def _row(variable: schema.Variable) -> str:
    name = f"`{variable.name}`" + (" (secret)" if variable.secret else "")
    allowed = variable.allowed.replace("|", "\\|")
    return f"| {name} | {allowed} | {variable.shown_default or 'unset'} | {variable.doc} |\n"
