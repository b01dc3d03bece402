from __future__ import annotations

from typing import Final

from .request import AuthorizationRequest, ClientState, MemberState, Refusal

MAX_LENGTH: Final = 2048


def check_nonce(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """The nonce is kept and comes back in every ID token, so its size has a limit."""
    if len(request.get("nonce") or "") > MAX_LENGTH:
        return Refusal("invalid_request", f"The nonce has more than {MAX_LENGTH} characters.")
    return None
