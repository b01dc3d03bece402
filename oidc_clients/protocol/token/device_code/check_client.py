from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_client(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """A device code is for the client that asked for it (RFC 8628 §3.4)."""
    return None if grant.client_pk == attempt.client_pk else Refused("wrong_client")
