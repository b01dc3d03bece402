"""Reading back an ID token of our own that a client hands in as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from jwcrypto import jwk, jws
from jwcrypto.common import JWException

from .. import conf
from ..exceptions import OidcClientsError
from ..protocol.jwt import jwt_parts
from ..protocol.metadata import SIGNING_ALGORITHM
from .keys import published_keys

# Whatever else a header may carry could name another key, or change what the signature means.
HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})


class HintRefused(OidcClientsError):
    """The hint is not an ID token that this provider signed for a client."""

    code = "invalid_id_token_hint"
    default_message = "The id_token_hint is not a valid ID token of this provider."


@dataclass(frozen=True, slots=True)
class Hint:
    """Whom an ID token of ours is about. ``sid`` is empty where it named no session."""

    sub: str
    client_id: str
    sid: str


def read_hint(token: str, *, allow_expired: bool = False) -> Hint:
    """The subject, client and session of an ID token that a published key signed. Raises HintRefused."""
    claims = _verified(token)
    sub, audience, sid = claims.get("sub"), claims.get("aud"), claims.get("sid", "")
    if claims.get("iss") != conf.issuer() or not all(isinstance(value, str) for value in (sub, audience, sid)):
        raise HintRefused
    # A logout token is ours too, and is no ID token (OpenID Connect Back-Channel Logout §2.4).
    if "events" in claims or type(claims.get("exp")) is not int:
        raise HintRefused
    if not allow_expired and claims["exp"] <= timezone.now().timestamp():
        raise HintRefused("The id_token_hint has expired.")
    return Hint(sub=str(sub), client_id=str(audience), sid=str(sid))


def _verified(token: str) -> dict[str, Any]:
    try:
        header, claims = jwt_parts(token)
        signed = jws.JWS()
        signed.allowed_algs = [SIGNING_ALGORITHM]
        signed.deserialize(token, _key_of(header))
    except (JWException, ValueError, TypeError, RecursionError) as error:
        raise HintRefused from error
    return claims


def _key_of(header: dict[str, Any]) -> jwk.JWK:
    if not header.keys() <= HEADER_MEMBERS:
        raise HintRefused
    if header.get("alg") != SIGNING_ALGORITHM or header.get("typ", "JWT") != "JWT":
        raise HintRefused
    found = next((key for key in published_keys() if key["kid"] == header.get("kid")), None)
    if found is None:
        raise HintRefused
    return jwk.JWK(**found)
