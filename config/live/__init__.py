"""The application configuration: what operators change on a page, live in every worker without a restart."""

from __future__ import annotations

from .values import setting, text, value

__all__ = ["setting", "text", "value"]
