from __future__ import annotations

import json
import logging
import sys

import pytest
from django.test import Client

from config.environment import logs
from config.environment.logs import JsonFormatter, LineFormatter

FORGED = "2026-01-01T00:00:00.000+00:00 INFO hearthkey.access [0] 1.2.3.4 GET /admin/ 200 1.0 ms"


def record_of(error: Exception, *, name: str = "hearthkey.test") -> logging.LogRecord:
    """Return the record of an error that was raised and logged with its traceback."""
    try:
        raise error
    except Exception:  # noqa: BLE001  # whatever the test raises
        return logging.LogRecord(name, logging.ERROR, __file__, 1, "It failed: %s", (str(error),), sys.exc_info())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"])
def test_an_exceptions_text_cannot_forge_a_record(newline: str) -> None:
    shown = LineFormatter().format(record_of(ValueError(f"x{newline}{FORGED}")))
    first, *rest = shown.splitlines()
    assert "It failed: x?" in first
    assert rest
    assert all(line.startswith("| ") for line in rest)


def test_a_traceback_says_where_it_happened() -> None:
    shown = LineFormatter().format(record_of(ValueError("plain")))
    assert f'| Traceback (most recent call last):\n|   File "{__file__}"' in shown
    assert shown.endswith("| ValueError: plain")


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_a_traceback_never_tells_a_credential(formatter: logging.Formatter) -> None:
    shown = formatter.format(record_of(ValueError("no page at /lc/the-secret")))
    assert "the-secret" not in shown
    assert shown.count("/lc/***") == 2


def test_a_traceback_in_json_stays_in_one_record() -> None:
    shown = JsonFormatter().format(record_of(ValueError(f"x\n{FORGED}")))
    assert "\n" not in shown
    assert json.loads(shown)["exception"].splitlines()[0] == "Traceback (most recent call last):"


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_a_request_that_was_refused_as_suspicious_fills_no_log(formatter: logging.Formatter) -> None:
    shown = formatter.format(record_of(ValueError("x"), name="django.security.DisallowedModelAdminToField"))
    assert "It failed: x" in shown
    assert "Traceback" not in shown
    assert "Traceback" in formatter.format(record_of(ValueError("x"), name="django.request"))


@pytest.mark.parametrize(("status", "logged"), [(503, False), (500, True)])
def test_an_answer_that_says_come_back_later_is_no_error(status: int, logged: bool) -> None:
    filters = logs.configuration(level="INFO", as_json=False, is_service=True)["loggers"]["django.request"]["filters"]
    assert filters == ["unexpected"]
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Service Unavailable: /authorize", (), None)
    record.status_code = status
    assert logs.UnexpectedFilter().filter(record) is logged


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/authorize", "/api/oidc/token"])
def test_before_set_up_visitors_leave_no_errors_in_the_log(path: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Client().get(path).status_code == 503
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("level", "shown"), [("INFO", True), ("WARNING", False)])
def test_request_rejected_as_suspicious_is_logged_at_info(level: str, shown: bool) -> None:
    record = record_of(ValueError("x"), name="django.security.DisallowedModelAdminLookup")
    assert logs.ClientsFaultFilter(level).filter(record) is shown
    assert record.levelname == "INFO"
    other = record_of(ValueError("x"), name="django.request")
    assert logs.ClientsFaultFilter(level).filter(other)
    assert other.levelname == "ERROR"
