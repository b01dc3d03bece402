"""One sentence instead of a traceback where a command can't do its work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import DatabaseError

from ..environment.exceptions import ConfigurationError
from ..serving.readiness import not_ready_reason

#: These work on the database itself, so their own errors and tracebacks are what helps.
_ON_THE_DATABASE: Final = {"migrate", "makemigrations", "serve", "worker", "shell", "dbshell"}


def check_arguments(argv: Sequence[str]) -> None:
    """Reject arguments that aren't UTF-8. No database takes them, and no name or address has them.

    :raises ConfigurationError: an argument has bytes that aren't UTF-8.
    """
    for argument in argv:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise ConfigurationError(f"The argument {ascii(argument)} isn't valid UTF-8.") from error


def explain(error: DatabaseError, argv: Sequence[str]) -> str | None:
    """Return why the database can't be used, or None if it can, in which case the error is a bug."""
    if "--traceback" in argv or (len(argv) > 1 and argv[1] in _ON_THE_DATABASE):
        return None
    reason = not_ready_reason()
    if reason == "the database is not migrated":
        return "The database isn't set up or is outdated. Start the service, or run: manage.py migrate"
    if reason is not None:
        return "The database doesn't answer. Check DB_CONNECTION_STRING and whether the server is running."
    return None
