"""Django takes the charset of a Content-Type for the encoding of the query too, and breaks over one that is none for text.

It does so while it makes the request, before any middleware: what came would be a bare 500, and the server's own log line
with the whole address. So the header is put right before Django sees it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.utils.http import parse_header_parameters

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# By the names that Python gives them. Forms of today are UTF-8, whatever they say (WHATWG URL §5).
KNOWN: Final = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
_CHARSET: Final = re.compile(r""";\s*charset[^=;]*=\s*("[^"]*"|[^;]*)""", re.IGNORECASE)


def with_known_charset(application: Application) -> Application:
    """The application, told of no charset but one that text can be in."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if ";" in (header := environ.get("CONTENT_TYPE") or ""):
            environ["CONTENT_TYPE"] = known_content_type(header)
        return application(environ, start_response)

    return answer


def known_content_type(header: str) -> str:
    """The header without a charset that is not known; without any parameter where it can't be told apart from them."""
    if _is_known(header):
        return header
    without = _CHARSET.sub("", header)
    return without if _is_known(without) else header.partition(";")[0]


def _is_known(header: str) -> bool:
    try:
        charset = parse_header_parameters(header)[1].get("charset")
        return charset is None or codecs.lookup(charset).name in KNOWN
    except (LookupError, ValueError, TypeError):
        return False
