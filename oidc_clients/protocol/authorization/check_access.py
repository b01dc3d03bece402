from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_access(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Check the client's groups before the member is asked for anything. No one is exempt."""
    if member is None or not member.is_allowed:
        return Refusal("access_denied", "The member may not use this client.")
    return None
