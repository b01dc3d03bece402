"""Operators see what waits, how mails look, and whether the mail server takes any."""

from __future__ import annotations

from .messages import MessageAdmin

__all__ = ["MessageAdmin"]
