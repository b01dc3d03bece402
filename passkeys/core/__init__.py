"""Specification code: bytes and mappings in, dataclasses out, no Django."""

from __future__ import annotations
