"""The session entry ``hearthkey_auth``: how this session was begun, and when a passkey was last used in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KEY: Final = "hearthkey_auth"
PASSKEY: Final = "passkey"

_CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far ahead another replica's clock may be."""


@dataclass(frozen=True)
class SessionEntry:
    """``at`` is the last assertion in seconds since the epoch, ``passkey`` the primary key as text.

    ``source`` says more of a session that no passkey began, such as who sent the code. ``enrolment`` is an unguessable
    name for the one enrolment that such a session may be good for; without it there is none beyond the first passkey.
    The fraction of ``at`` tells an assertion just before a demand for one from an assertion that answered it.
    """

    method: str
    at: float | None = None
    passkey: str | None = None
    source: str = ""
    enrolment: str = ""

    @property
    def is_of_passkey(self) -> bool:
        """Whether a passkey was used in this session, however long ago."""
        return self.method == PASSKEY and self.passkey is not None

    def to_session(self) -> dict[str, str | float | None]:
        """Return what is written into the session."""
        return {"method": self.method, "at": self.at, "passkey": self.passkey}

    def is_fresh(self, *, now: datetime, max_age: timedelta) -> bool:
        """Return whether a passkey was used at most ``max_age`` ago. A code or a set-up link never is."""
        if self.at is None or not self.is_of_passkey:
            return False
        age = now.timestamp() - self.at
        return -_CLOCK_SKEW.total_seconds() <= age <= max_age.total_seconds()


def read_entry(raw: object) -> SessionEntry | None:
    """Return the entry that a session holds, or ``None`` when it holds none or something else."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("method"), str):
        return None
    at, passkey = raw.get("at"), raw.get("passkey")
    source, enrolment = raw.get("source"), raw.get("enrolment")
    return SessionEntry(
        method=raw["method"],
        at=at if isinstance(at, int | float) else None,
        passkey=passkey if isinstance(passkey, str) else None,
        source=source if isinstance(source, str) else "",
        enrolment=enrolment if isinstance(enrolment, str) else "",
    )
