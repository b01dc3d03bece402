from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from config.requests.charset import known_content_type, with_known_charset

# A request that a server starts, and not the test client, looks after the connections itself.
pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


def answered(content_type: str, *, application: Any) -> str:
    environ = RequestFactory()._base_environ(
        PATH_INFO="/api/oidc/token", QUERY_STRING="code=a%C3%A9", REQUEST_METHOD="POST", CONTENT_TYPE=content_type
    )
    told: list[str] = []
    list(application(environ, lambda status, headers: told.append(status)))
    return told[0]


@pytest.mark.parametrize(
    "charset", ["base64", "rot13", "hex", "undefined", "idna", "punycode", "unicode_escape", "zlib", "a\x00b"]
)
def test_a_charset_that_is_none_for_text_is_no_server_error(charset: str, settings: Any) -> None:
    settings.MIDDLEWARE = []
    status = answered(f"{FORM}; charset={charset}", application=with_known_charset(WSGIHandler()))
    assert status == answered(FORM, application=with_known_charset(WSGIHandler()))
    assert status == "400 Bad Request"


def test_django_by_itself_breaks_over_it(settings: Any) -> None:
    settings.MIDDLEWARE = []
    with pytest.raises(LookupError):
        answered(f"{FORM}; charset=base64", application=WSGIHandler())
    assert "with_known_charset(get_wsgi_application())" in Path("config/wsgi.py").read_text()


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (f"{FORM}; charset=UTF-8", f"{FORM}; charset=UTF-8"),
        (f'{FORM}; charset="utf8"', f'{FORM}; charset="utf8"'),
        ("text/plain; charset=iso-8859-1", "text/plain; charset=iso-8859-1"),
        ("multipart/form-data; boundary=base64", "multipart/form-data; boundary=base64"),
        (f"{FORM}; charset=base64", FORM),
        (f"{FORM};CHARSET = base64", FORM),
        (f"{FORM}; charset*=utf-8''base64", FORM),
        (f"{FORM}; charset*0=base; charset*1=64", FORM),
        ('multipart/form-data; charset="base64"; boundary=x', "multipart/form-data; boundary=x"),
        (f"{FORM}; charset=no-such-thing", FORM),
    ],
)
def test_a_header_keeps_what_is_known(header: str, known: str) -> None:
    assert known_content_type(header) == known
