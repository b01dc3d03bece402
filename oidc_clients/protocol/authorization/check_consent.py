from __future__ import annotations

from ..scopes import covers
from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_consent(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """The member agreed to these scopes at this client. ``prompt=consent`` asks even where *skip consent* is set."""
    if request.consent_given:
        return None
    if "consent" in request.prompts:
        return Step.CONSENT
    if client.skips_consent:
        return None
    consented = member.consented_scopes if member is not None else None
    if consented is not None and covers(consented, request.scopes):
        return None
    if "none" in request.prompts:
        return Refusal("consent_required", "The member has not agreed to this client's request.")
    return Step.CONSENT
