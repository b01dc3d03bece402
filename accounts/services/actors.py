"""Who acts. None is the machine's own administrator, at the command line."""

from __future__ import annotations

from typing import Any


def actor_key(actor: Any | None) -> str | None:
    """Return the actor's primary key as events carry it."""
    return str(actor.pk) if actor is not None else None
