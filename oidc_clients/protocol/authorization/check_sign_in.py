from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_sign_in(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Check that a member is signed in."""
    if member is not None:
        return None
    if "none" in request.prompts:
        return Refusal("login_required", "Nobody is signed in.")
    return Step.SIGN_IN
