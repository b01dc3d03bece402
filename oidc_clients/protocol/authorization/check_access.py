from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_access(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """The client's groups decide before the member is asked for anything. Nobody is exempt."""
    if member is None or not member.is_allowed:
        return Refusal("access_denied", "The member may not use this client.")
    return None
