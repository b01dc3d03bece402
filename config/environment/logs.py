"""Logging: one line per record, to standard output, readable or as JSON, never with a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Paths whose remainder is a credential.
_MASKED = re.compile(r"(/(?:lc|st|setup|verify-email|login/device))/[^\s'\"]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What JSON lets stand and some readers take for the end of a line.
_LINE_BREAKS = {code: f"\\u{code:04x}" for code in (0x7F, 0x85, 0x2028, 0x2029)}


def masked(text: str) -> str:
    """Return ``text`` without what must not be logged: a credential behind a known path, control characters."""
    return _CONTROL.sub("?", _MASKED.sub(r"\1/***", text))


def traceback_lines(record: logging.LogRecord) -> list[str]:
    """Return the masked lines of the record's traceback; a request that Django refused as suspicious has none."""
    if not record.exc_info or record.name.startswith("django.security"):
        return []
    return [masked(line) for line in logging.Formatter().formatException(record.exc_info).split("\n")]


def is_service_process() -> bool:
    """Return whether this process serves, or starts what serves; any other is a command."""
    program = Path(sys.argv[0]).name
    return program != "manage.py" or sys.argv[1:2] in (["serve"], ["worker"])


def configuration(*, level: str, as_json: bool, is_service: bool) -> dict[str, Any]:
    """Return the dictionary for ``logging.config.dictConfig``.

    A service logs to standard output. A command keeps that for its answer, which scripts read, and has warnings only.
    """
    if not is_service and level in {"DEBUG", "INFO"}:
        level = "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "config.requests.request_context.RequestIdFilter"},
            "unexpected": {"()": "config.environment.logs.UnexpectedFilter"},
            "clients_fault": {"()": "config.environment.logs.ClientsFaultFilter", "level": level},
        },
        "formatters": {
            "line": {
                "()": "config.environment.logs.JsonFormatter" if as_json else "config.environment.logs.LineFormatter"
            }
        },
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout" if is_service else "ext://sys.stderr",
                "formatter": "line",
                "filters": ["clients_fault", "request_id"],
            }
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # The toolkit's library logs codes and tokens at DEBUG.
            "oauthlib": {"level": "WARNING"},
            "oauth2_provider": {"level": "WARNING"},
            "django.db.backends": {"level": "WARNING"},
            # At DEBUG it logs whole contexts, and some hold what is shown once.
            "django.template": {"level": "INFO"},
            # A request that failed is logged once, with its masked path, by the access log.
            "django.request": {"level": "ERROR", "filters": ["unexpected"]},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


class UnexpectedFilter(logging.Filter):
    """Drops what Django says about a 503: those are answers of ours (nothing set up yet, not ready), no failures."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503


class ClientsFaultFilter(logging.Filter):
    """Lowers what Django reports as suspicious to INFO: the request was rejected, and nothing is wrong here."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self._is_shown = level in {"DEBUG", "INFO"}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("django.security"):
            return True
        record.levelno, record.levelname = logging.INFO, "INFO"
        return self._is_shown


class LineFormatter(logging.Formatter):
    """``time LEVEL logger [reference] text``; line breaks and control characters in the text become ``?``.

    The lines of a traceback follow, each behind ``| ``: an exception's text is often the visitor's, and a line that
    it holds must not pass for a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        reference = getattr(record, "request_id", "")
        shown = f" [{reference}]" if reference else ""
        text = f"{at} {record.levelname} {record.name}{shown} {masked(record.getMessage())}"
        return "\n| ".join([text, *traceback_lines(record)])


class JsonFormatter(logging.Formatter):
    """One JSON object per record. An event of the audit trail stands whole under ``event``: see docs/audit.md."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if reference := getattr(record, "request_id", ""):
            entry["request_id"] = reference
        if event := getattr(record, "event", None):
            entry["event"] = event
        if lines := traceback_lines(record):
            entry["exception"] = "\n".join(lines)
        return json.dumps(entry, ensure_ascii=False).translate(_LINE_BREAKS)
