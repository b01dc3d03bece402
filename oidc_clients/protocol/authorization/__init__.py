"""The authorization pipeline: its checks and their order.

The client and the redirect URI are validated before any of this runs. Until then, nothing may be redirected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..response_mode import ResponseMode
from .answer import Answer
from .check_access import check_access
from .check_account_choice import check_account_choice
from .check_authentication_context import check_authentication_context, released_acr
from .check_claims import check_claims
from .check_consent import check_consent, is_consented
from .check_faults import check_faults
from .check_freshness import check_freshness, earliest_proof
from .check_hint import check_hint
from .check_max_age import check_max_age
from .check_nonce import check_nonce
from .check_pkce import check_pkce
from .check_prompt import check_prompt
from .check_pushed import check_pushed
from .check_response_mode import check_response_mode
from .check_response_type import check_response_type
from .check_sign_in import check_sign_in
from .check_size import check_size
from .check_unsupported import check_unsupported
from .request import KEPT_PARAMETERS, AuthorizationRequest, ClientState, MemberState, Refusal, Step

Check = Callable[[AuthorizationRequest, ClientState, MemberState | None], Refusal | Step | None]

# First the request itself, before the person is asked for anything.
REQUEST_CHECKS: Final[tuple[Check, ...]] = (
    check_faults,
    check_size,
    check_pushed,
    check_unsupported,
    check_response_type,
    check_response_mode,
    check_pkce,
    check_nonce,
    check_prompt,
    check_max_age,
    check_claims,
    check_hint,
)
# Then the person, step by step.
PERSON_CHECKS: Final[tuple[Check, ...]] = (
    check_sign_in,
    check_account_choice,
    check_freshness,
    check_authentication_context,
    check_access,
    check_consent,
)
CHECKS: Final = REQUEST_CHECKS + PERSON_CHECKS


def outstanding(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Return the first refusal or step that stands in the way, or None if the client gets its code."""
    return next((found for check in CHECKS if (found := check(request, client, member)) is not None), None)


def refusal_of_request(request: AuthorizationRequest, client: ClientState) -> Refusal | None:
    """Return what is wrong with the request itself, regardless of the member."""
    found = (check(request, client, None) for check in REQUEST_CHECKS)
    return next((refusal for refusal in found if isinstance(refusal, Refusal)), None)


__all__ = [
    "CHECKS",
    "KEPT_PARAMETERS",
    "Answer",
    "AuthorizationRequest",
    "ClientState",
    "MemberState",
    "Refusal",
    "ResponseMode",
    "Step",
    "earliest_proof",
    "is_consented",
    "outstanding",
    "refusal_of_request",
    "released_acr",
]
