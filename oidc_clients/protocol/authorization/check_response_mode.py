from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_response_mode(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | None:
    """Only modes that discovery lists; the fallback to another would put the code where nobody looks for it."""
    if request.get("response_mode") not in (None, "query"):
        return Refusal("invalid_request", 'The only response_mode is "query".')
    return None
