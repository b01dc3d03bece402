from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_hint(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Check that the hint is one of our ID tokens and agrees with the claims request (OpenID Connect Core §3.1.2.1, §5.5.1)."""
    if request.hint_fault:
        return Refusal("invalid_request", request.hint_fault)
    if len(request.wanted_subs) > 1:
        return Refusal("invalid_request", "The id_token_hint and the claims parameter name different members.")
    return None
