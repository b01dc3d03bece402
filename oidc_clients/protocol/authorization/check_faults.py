from __future__ import annotations

from ..errors import InvalidRequest
from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_faults(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Reject repeated parameters and malformed values instead of guessing (RFC 6749 §3.1)."""
    try:
        request.parameters.refuse_faults()
    except InvalidRequest as error:
        return Refusal(error.code, error.description)
    return None
