from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal
from .requested_claims import MalformedClaims, parse_claims


def check_claims(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """A claims request that can't be read is refused: guessing could release what nobody asked for (Core §5.5)."""
    try:
        parse_claims(request.get("claims"))
    except MalformedClaims as error:
        return Refusal("invalid_request", str(error))
    return None
