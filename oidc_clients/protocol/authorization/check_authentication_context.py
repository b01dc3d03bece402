from __future__ import annotations

from typing import Final

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step

PASSKEY: Final = "phr"
ANY: Final = "0"


def check_authentication_context(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Check that an essential ``acr`` with values is met; otherwise authentication failed (OpenID Connect Core §5.5.1.1)."""
    claim = request.claims.id_token.get("acr")
    if claim is None or not claim.is_essential or not claim.values:
        return None
    if member is not None and released_acr(request, member.acr) in claim.values:
        return None
    proved = member is not None and member.strong_at is not None and member.strong_at >= request.arrived_at
    if PASSKEY not in claim.values or proved:
        return Refusal("unmet_authentication_requirements", "None of the essential acr values can be met here.")
    if "none" in request.prompts:
        return Refusal("login_required", "The member has to use a passkey.")
    return Step.PROVE_PASSKEY


def released_acr(request: AuthorizationRequest, acr: str) -> str:
    """Return the ``acr`` of the ID token: the session's, or the lower one if the client requested only that.

    A passkey satisfies any request, and the claim must be one of the requested values.
    """
    claim = request.claims.id_token.get("acr")
    wanted = claim.values if claim is not None and claim.values else tuple((request.get("acr_values") or "").split())
    return ANY if ANY in wanted and acr not in wanted else acr
