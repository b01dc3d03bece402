"""Validation of client assertions (RFC 7523 §3, RFC 8725 §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jwcrypto import jwk, jws
from jwcrypto.common import JWException

from .errors import InvalidClient
from .jwt import MalformedJwt, jwt_parts
from .rsa_strength import STRONG_RSA, is_weak_rsa

# Signatures that only the client can make: no shared secrets, and never "none".
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
MAX_LIFETIME: Final = 300
CLOCK_SKEW: Final = 30
MAX_JTI: Final = 512
LAST_SECOND: Final = 253_402_300_800
# Any other header parameter could name another key or change the meaning of the signature.
HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})

_KEY_TYPES: Final = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
_PUBLIC_MEMBERS: Final = frozenset({"kty", "n", "e", "crv", "x", "y", "kid", "use", "alg"})


@dataclass(frozen=True, slots=True)
class AcceptedAssertion:
    """An assertion with a valid signature and valid claims.

    Its ``jti`` must be unused until ``expires_at`` (seconds).
    """

    jti: str
    expires_at: float


class UnknownKey(InvalidClient):
    """The assertion names a key that isn't among the given ones. A newer key set may contain it."""


def public_members(key: dict[str, Any]) -> dict[str, str]:
    """Return the public members of a JWK. A private part that is there by mistake is neither used nor stored."""
    return {
        name: value
        for name, value in key.items()
        if name in _PUBLIC_MEMBERS and isinstance(value, str) and value.isprintable()
    }


def claimed_client_id(assertion: str) -> str:
    """Return the client that an unverified assertion is about.

    :raises InvalidClient: the assertion is malformed.
    """
    subject = _parts(assertion)[1].get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 128 or not subject.isprintable():
        raise InvalidClient("The client assertion names no subject.", reason="assertion_without_subject")
    return subject


def verify_assertion(
    assertion: str, *, keys: Sequence[Any], client_id: str, audiences: frozenset[str], now: float
) -> AcceptedAssertion:
    """Verify that this client signed the assertion with one of its public JWKs.

    :raises InvalidClient: it didn't; UnknownKey is one case of it.
    """
    header, claims = _parts(assertion)
    key = _key_for(header, keys)
    signed = jws.JWS()
    signed.allowed_algs = list(ALGORITHMS)
    try:
        signed.deserialize(assertion, key)
    except (JWException, ValueError, TypeError, RecursionError) as error:
        raise InvalidClient("The client assertion's signature is wrong.", reason="assertion_signature") from error
    _check_parties(claims, client_id, audiences)
    return AcceptedAssertion(jti=_jti(claims), expires_at=_check_times(claims, now) + CLOCK_SKEW)


def _parts(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        return jwt_parts(assertion)
    except MalformedJwt as error:
        raise InvalidClient("The client assertion is no signed JWT.", reason="assertion_malformed") from error


def _key_for(header: dict[str, Any], keys: Sequence[Any]) -> jwk.JWK:
    if not header.keys() <= HEADER_MEMBERS:
        raise InvalidClient(
            "The client assertion's header has members that are not allowed.", reason="assertion_header"
        )
    typ, algorithm, kid = header.get("typ", "JWT"), header.get("alg"), header.get("kid")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in TYPES:
        raise InvalidClient("The client assertion's type has to be 'JWT'.", reason="assertion_type")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidClient(
            f"Sign the client assertion with one of {', '.join(ALGORITHMS)}.", reason="assertion_algorithm"
        )
    fitting = [key for key in keys if _fits(key, algorithm)]
    if kid is not None:
        fitting = [key for key in fitting if key.get("kid") == kid]
    # Without a key ID, exactly one key must fit.
    if len(fitting) != 1:
        raise UnknownKey("The client assertion names no key that is registered.", reason="assertion_key")
    try:
        key = jwk.JWK(**public_members(fitting[0]))
        is_weak = is_weak_rsa(key.get_op_key("verify"))
    except (JWException, ValueError, TypeError) as error:
        raise InvalidClient("The client's registered key can't be read.", reason="client_key_unreadable") from error
    if is_weak:
        raise InvalidClient(f"The client's RSA key is weak: {STRONG_RSA}.", reason="client_key_weak")
    return key


def _fits(key: Any, algorithm: str) -> bool:
    """Return whether this JWK is for signatures with the algorithm.

    A key for one algorithm is never used with another.
    """
    kty, curve = _KEY_TYPES[algorithm]
    if not isinstance(key, dict) or key.get("kty") != kty or key.get("crv") != curve:
        return False
    return bool(key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm)


def _check_parties(claims: dict[str, Any], client_id: str, audiences: frozenset[str]) -> None:
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise InvalidClient("The client assertion's iss and sub have to be the client_id.", reason="assertion_issuer")
    # One audience only, and one of this provider's names: a list could make the assertion valid elsewhere too.
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in audiences:
        accepted = " or ".join(sorted(audiences, key=len))
        raise InvalidClient(f"The client assertion's aud must be one text: {accepted}.", reason="assertion_audience")


def _check_times(claims: dict[str, Any], now: float) -> float:
    """Check the times and return when the assertion expires, in seconds."""
    times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if "exp" not in times or not all(_is_time(value) for value in times.values()):
        raise InvalidClient("The client assertion's exp, iat and nbf have to be numbers.", reason="assertion_times")
    if times["exp"] <= now - CLOCK_SKEW:
        raise InvalidClient("The client assertion has expired.", reason="assertion_expired")
    if times["exp"] > now + MAX_LIFETIME + CLOCK_SKEW:
        raise InvalidClient("The client assertion lives too long: 5 minutes at most.", reason="assertion_too_long")
    if any(times.get(name, now) > now + CLOCK_SKEW for name in ("iat", "nbf")):
        raise InvalidClient("The client assertion is not valid yet.", reason="assertion_too_early")
    return float(times["exp"])


def _is_time(value: Any) -> bool:
    # Compared without conversion: JSON can contain an integer that is too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LAST_SECOND


def _jti(claims: dict[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise InvalidClient("The client assertion needs a jti of its own.", reason="assertion_without_jti")
    return jti
