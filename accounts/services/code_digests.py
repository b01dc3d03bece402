"""How one-time codes are made, read and kept.

A code of 12 characters has 59 bits, one of 6 has 30: few enough to be found from a plain digest of a stolen database,
so the digest is keyed. The key is derived from ``SECRET_KEY``, which is not in the database.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from typing import Final

from django.utils.crypto import salted_hmac

#: Neither 0 and O, nor 1, I and L; no U, which is heard and read as V.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LONG: Final = 12
#: Only for a code that one browser alone may type, a few times.
SHORT: Final = 6

_TOKEN_BYTES: Final = 16
_BROWSER_BYTES: Final = 32
_LONGEST: Final = 64


def new_token() -> str:
    """Return 128 random bits, base64url without padding."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def new_browser() -> str:
    """Return what a browser keeps to be known again: 256 random bits, base64url without padding."""
    return secrets.token_urlsafe(_BROWSER_BYTES)


def new_code(length: int) -> str:
    """Return a random code as it is kept: without separators."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def as_shown(code: str) -> str:
    """Return a code in groups, such as ``ABCD-EFGH-JKMN``."""
    size = 3 if len(code) == SHORT else 4
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def as_kept(typed: str) -> str:
    """Return what was typed in any letter case, with spaces or dashes, as a code is kept; or ``""`` for no code."""
    plain = unicodedata.normalize("NFKC", typed[:_LONGEST]).upper()
    code = "".join(character for character in plain if unicodedata.category(character) not in {"Pd", "Zs", "Cc", "Cf"})
    return code if len(code) in {SHORT, LONG} and set(code) <= set(ALPHABET) else ""


def token_digest(token: str) -> str:
    """Return the SHA-256 digest (hex) of a link's token: nobody guesses 128 bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def browser_digest(browser: str) -> str:
    """Return the SHA-256 digest (hex) of a browser's secret, or ``""`` for no secret."""
    return hashlib.sha256(browser.encode("utf-8", "replace")).hexdigest() if browser else ""


def code_digest(code: str, browser: str = "") -> str:
    """Return the keyed digest (hex) of a code as it is kept. ``browser`` is the digest of the one it is bound to."""
    return salted_hmac("hearthkey.accounts.codes", f"{browser}\0{code}", algorithm="sha256").hexdigest()
