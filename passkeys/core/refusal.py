"""Why an authenticator's answer is not accepted."""

from __future__ import annotations


class Refused(Exception):
    """The answer fails a check. ``reason`` is a stable word, ``str()`` says what exactly was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
