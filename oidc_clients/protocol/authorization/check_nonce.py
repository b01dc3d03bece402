from __future__ import annotations

from typing import Final

from .request import AuthorizationRequest, ClientState, MemberState, Refusal

MAX_LENGTH: Final = 2048


def check_nonce(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Limit the size of the nonce, because it is stored and returned in every ID token."""
    if len(request.get("nonce") or "") > MAX_LENGTH:
        return Refusal("invalid_request", f"The nonce has more than {MAX_LENGTH} characters.")
    return None
