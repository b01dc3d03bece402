"""The code that a person types for a device (RFC 8628 §6.1): how it is made, shown and read.

Twenty consonants, so that no code spells a word and none has a letter that can be taken for a digit. Eight of them are
34.5 bits, 2.56e10 codes. Somebody signed in who guesses has five attempts at once and one more every ten seconds from an
address (policy ``one-time-code``): 95 while a code lives, so they hit a given code with a chance of 3.7e-9, and one of a
hundred pending codes with 3.7e-7. Ten thousand addresses at work for a whole code's life reach one of those with 0.4 %,
and have then signed a stranger's device in to an account of their own.
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
# Longer than any way to write a code down: what is longer was not typed.
MAX_TYPED: Final = 64


def new_user_code(choose: Callable[[Sequence[str]], str]) -> str:
    """A code without its hyphen. ``choose`` picks one letter of a sequence, unpredictably."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def is_sign_in_code(typed: str) -> bool:
    """Whether what was typed begins with a digit from 2 to 9, as no device's code does: it is one of the site's own."""
    return len(typed) <= MAX_TYPED and _IGNORED.sub("", typed)[:1] in _DIGITS


def shown_user_code(code: str) -> str:
    """The code as screens show it: ``BCDF-GHJK``."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_user_code(typed: str) -> str | None:
    """The code that was typed, whatever its case, hyphens and spaces, or None when it can't be one."""
    if len(typed) > MAX_TYPED:
        return None
    code = _IGNORED.sub("", typed).upper()
    return code if _CODE.fullmatch(code) else None
