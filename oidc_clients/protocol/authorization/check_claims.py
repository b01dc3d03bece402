from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal
from .requested_claims import MalformedClaims, parse_claims


def check_claims(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Reject a claims request that can't be parsed.

    Guessing could release claims that weren't requested (Core §5.5).
    """
    try:
        parse_claims(request.get("claims"))
    except MalformedClaims as error:
        return Refusal("invalid_request", str(error))
    return None
