"""Use cases: plain values in, dataclasses out; each is one transaction and one event."""

from __future__ import annotations
