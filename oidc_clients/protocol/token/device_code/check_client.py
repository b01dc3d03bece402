from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_client(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Check that the device code was issued to this client (RFC 8628 §3.4)."""
    return None if grant.client_pk == attempt.client_pk else Refused("wrong_client")
