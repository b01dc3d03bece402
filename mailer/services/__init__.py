"""What other code calls: :func:`send` and :func:`is_on`."""

from __future__ import annotations

from .outbox import is_on, send

__all__ = ["is_on", "send"]
