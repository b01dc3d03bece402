from __future__ import annotations

from .. import pkce
from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_pkce(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Accept only S256; require it for public clients and if the client requires PKCE (RFC 7636 §4.3, RFC 9700 §2.1.1)."""
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            return Refusal("invalid_request", "There is a code_challenge_method, but no code_challenge.")
        if client.is_public or client.pkce_required:
            return Refusal("invalid_request", "This client must send a code_challenge (PKCE).")
        return None
    # Without a method, RFC 7636 means "plain", which is rejected too.
    if method != pkce.METHOD:
        return Refusal("invalid_request", f"The only code_challenge_method is '{pkce.METHOD}'.")
    if not pkce.is_challenge(challenge):
        return Refusal("invalid_request", "The code_challenge is not the base64url of a SHA-256 digest.")
    return None
