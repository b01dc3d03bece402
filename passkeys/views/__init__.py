"""Translate requests for the services and their results into responses."""

from __future__ import annotations

from .step_up import require_fresh

__all__ = ["require_fresh"]
