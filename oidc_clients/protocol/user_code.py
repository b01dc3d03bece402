"""The code that a person types for a device (RFC 8628 §6.1): how it is made, shown and parsed.

The alphabet has twenty consonants, so that no code spells a word or has letters that look like digits. Eight of them
make 34.5 bits, 2.56e10 codes. A signed-in attacker has five attempts at once and one more every ten seconds per address
(policy ``one-time-code``). That is 95 during the life of a code: a chance of 3.7e-9 to hit a given code, and 3.7e-7 to
hit one of a hundred pending ones. Even ten thousand addresses reach one of those with 0.4 %, and then only sign a
stranger's device in to their own account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
_DIGITS: Final = frozenset("23456789")
_CODE: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_IGNORED: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
# Longer than any way to write a code, so anything longer wasn't typed.
MAX_TYPED: Final = 64


def new_user_code(choose: Callable[[Sequence[str]], str]) -> str:
    """Return a code without its hyphen. ``choose`` picks an unpredictable letter from a sequence."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def is_sign_in_code(typed: str) -> bool:
    """Return whether the text begins with a digit from 2 to 9.

    Device codes never do, so it is one of the site's own codes.
    """
    return len(typed) <= MAX_TYPED and _IGNORED.sub("", typed)[:1] in _DIGITS


def shown_user_code(code: str) -> str:
    """Return the code as it is displayed: ``BCDF-GHJK``."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_user_code(typed: str) -> str | None:
    """Return the typed code regardless of case, hyphens and spaces, or None if it can't be one."""
    if len(typed) > MAX_TYPED:
        return None
    code = _IGNORED.sub("", typed).upper()
    return code if _CODE.fullmatch(code) else None
