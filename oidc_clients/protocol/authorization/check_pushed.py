from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_pushed(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Reject a request that wasn't pushed if the client requires pushed requests (RFC 9126 §5)."""
    if client.requires_par and not request.is_pushed:
        return Refusal("invalid_request", "This client must push its authorization requests (PAR) first.")
    return None
