from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_response_type(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | None:
    """Accept only the code flow (RFC 9700 §2.1.2)."""
    response_type = request.get("response_type")
    if response_type is None:
        return Refusal("invalid_request", "The response_type is missing.")
    if response_type != "code":
        return Refusal("unsupported_response_type", "The only response_type is 'code'.")
    return None
