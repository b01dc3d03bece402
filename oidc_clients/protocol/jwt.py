"""Strict parsing of a compact JWT before its signature is checked (RFC 7515 §3.1, RFC 8725 §2.4, §3.11)."""

from __future__ import annotations

import binascii
import json
import re
from typing import Any, Final

from jwcrypto.common import base64url_decode

from .strict_json import once

MAX_LENGTH: Final = 8192
# The library accepts padding and other alphabets, which would give one token many spellings.
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+")


class MalformedJwt(ValueError):
    """This isn't a signed JWT, or different parsers would read it differently."""


def jwt_parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and claims of a signed JWT without verifying anything.

    :raises MalformedJwt: it isn't one.
    """
    segments = token.split(".", 3) if len(token) <= MAX_LENGTH else []
    if len(segments) != 3 or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise MalformedJwt
    return _object(segments[0]), _object(segments[1])


def _object(segment: str) -> dict[str, Any]:
    try:
        found = json.loads(base64url_decode(segment), object_pairs_hook=once)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise MalformedJwt from error
    if not isinstance(found, dict):
        raise MalformedJwt
    return found
