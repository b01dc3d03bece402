"""One function for every kind of event: what somebody does, at a real page or endpoint, so that it happens."""

from __future__ import annotations

from . import clients, codes, members, passkeys, protocol, service, signing_in
from .table import CAUSES, NEVER, Cause

__all__ = [
    "CAUSES",
    "NEVER",
    "Cause",
    "clients",
    "codes",
    "members",
    "passkeys",
    "protocol",
    "service",
    "signing_in",
]
