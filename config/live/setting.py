"""One key of the application configuration, and one section of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from .kinds import Kind

_Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key: its kind and default, the variable that fixes it, and what the page and the documentation say of it.

    ``doc`` is for the documentation, in English as all of it is; ``warning`` stands beside the field.
    """

    key: str
    kind: Kind
    default: Any
    variable: str
    label: _Text
    doc: str
    help: _Text = ""
    warning: _Text = ""
    shown_default: str = ""

    @property
    def field(self) -> str:
        """The name of the field on the page."""
        return self.key.replace(".", "_")


@dataclass(frozen=True)
class Section:
    key: str
    title: _Text
    settings: tuple[Setting, ...]
