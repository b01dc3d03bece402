"""What a waiting browser shows: a code that is typed and a link that is scanned, both derived from its secret.

So a page that is loaded again shows the same code, while the database holds nothing that could be shown.

A code begins with a digit, which no code of a client's device does, and goes on with digits and consonants: no word, and
no letter that can be taken for a digit. 8 × 28⁷ codes are 36.7 bits. Somebody signed in who guesses has five attempts at
once and one more every ten seconds from an address: 35 while a code lives, a chance of 3.2e-10 for one given code. A hit
signs a stranger's browser in to the guesser's own account.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import Final

from django.utils.crypto import salted_hmac

_DIGITS: Final = "23456789"
ALPHABET: Final = _DIGITS + "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
#: Longer than any way to write a code down: what is longer was not typed.
MAX_TYPED: Final = 64
_CODE: Final = re.compile(f"[{_DIGITS}][{ALPHABET}]{{{LENGTH - 1}}}")
_IGNORED: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
_SECRET_BYTES: Final = 32
_LINK_BYTES: Final = 24


def new_secret() -> str:
    """Return what a browser keeps: 256 bits, base64url, unpadded."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def successor_of(secret: str) -> str:
    """Return the secret after this one. It is the same for every tab that asks, so they share what they then show."""
    return _base64url(_keyed("successor", secret))


def link_of(secret: str) -> str:
    """Return what stands in the link: 192 bits, base64url."""
    return _base64url(_keyed("link", secret)[:_LINK_BYTES])


def code_of(link: str) -> str:
    """Return the code that belongs to a link, without its hyphen."""
    number = int.from_bytes(_keyed("code", link), "big")
    number, first = divmod(number, len(_DIGITS))
    letters = [_DIGITS[first]]
    for _place in range(LENGTH - 1):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def shown_code(code: str) -> str:
    """Return a code as screens show it: ``2BCD-FGHJ``."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_code(typed: str) -> str | None:
    """Return the code that was typed, whatever its case, hyphens and spaces, or None when it can't be one."""
    if len(typed) > MAX_TYPED:
        return None
    code = _IGNORED.sub("", typed).upper()
    return code if _CODE.fullmatch(code) else None


def digest_of(value: str) -> str:
    """Return the digest (hex) under which a secret, a link or a code is found.

    Its key is not in the database: a code is short enough to be found from a plain digest in seconds.
    """
    return _keyed("digest", value).hex()


def _keyed(purpose: str, value: str) -> bytes:
    return salted_hmac(f"hearthkey.accounts.sign-in-request {purpose}", value, algorithm="sha256").digest()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
