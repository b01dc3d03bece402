from __future__ import annotations

from collections.abc import Collection

from ..claims import CLAIMS_BY_SCOPE
from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_consent(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Check that the member gave consent to all of this. ``prompt=consent`` asks even if the client skips consent."""
    if request.consent_given:
        return None
    if "consent" in request.prompts:
        return Step.CONSENT
    if client.skips_consent:
        return None
    consented = member.consented_scopes if member is not None else None
    if consented is not None and all(is_consented(wanted, consented) for wanted in request.consents):
        return None
    if "none" in request.prompts:
        return Refusal("consent_required", "The member has not agreed to this client's request.")
    return Step.CONSENT


def is_consented(wanted: str, consented: Collection[str]) -> bool:
    """Return whether the member agreed to a scope, or to a single claim by its name or through its scope."""
    if wanted in consented:
        return True
    name = wanted.removeprefix("claim:")
    return name != wanted and any(name in names and scope in consented for scope, names in CLAIMS_BY_SCOPE.items())
