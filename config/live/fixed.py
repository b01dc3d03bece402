"""Values of the application configuration that environment variables fix."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..environment import schema
from ..environment.exceptions import ConfigurationError
from ..environment.schema import Variable
from .registry import SECTIONS, SETTINGS
from .setting import Setting


def variables() -> tuple[Variable, ...]:
    """Return the variables in the order of the page."""
    return tuple(variable_of(setting) for section in SECTIONS for setting in section.settings)


def variable_of(setting: Setting) -> Variable:
    """Return the variable that fixes a key of the application configuration."""
    kind = setting.kind
    default = setting.shown_default or kind.write(setting.default)
    if isinstance(setting.default, bool) and not setting.shown_default:
        default = default.lower()
    return Variable(setting.variable, kind.read, kind.allowed, setting.doc, default, kind.is_secret)


def read(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the values that the environment sets, by key.

    :raises ConfigurationError: a value is malformed, or there is a mail password without its server.
    """
    source = os.environ if environ is None else environ
    found: dict[str, Any] = {}
    for key, setting in SETTINGS.items():
        variable = variable_of(setting)
        raw = schema.raw_value(variable, source)
        if raw is not None:
            found[key] = schema.parsed(variable, raw)
    if "mail.password" in found and "mail.host" not in found:
        # Whoever is at an operator's browser would else name a server of their own on the page and be sent it.
        raise ConfigurationError("SMTP_PASSWORD is set and SMTP_HOST is not; set the server that it is for, too.")
    return found
