"""Claims about a member, by scope (OpenID Connect Core §5.1, §5.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

CLAIMS_BY_SCOPE: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": (
        "name",
        "given_name",
        "family_name",
        "display_name",
        "preferred_username",
        "picture",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "groups": ("groups",),
}

# Custom claims can't use these names, because clients would take the values for this provider's own.
RESERVED: Final = frozenset(
    [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "auth_time",
        "acr",
        "amr",
        "azp",
        "at_hash",
        "c_hash",
        "s_hash",
        "sid",
        "sub_jwk",
        "events",
        "typ",
        "type",
        "cnf",
        "scope",
        "client_id",
        "act",
        "may_act",
    ]
) | frozenset(name for names in CLAIMS_BY_SCOPE.values() for name in names)

# Claims about the ID token and the sign-in don't depend on what is requested.
_NOT_BY_NAME: Final = RESERVED - frozenset(name for names in CLAIMS_BY_SCOPE.values() for name in names)


@dataclass(frozen=True, slots=True)
class MemberClaims:
    """A member as clients may see them. None and empty strings are left out.

    ``custom`` is None if the custom claims weren't loaded.
    """

    sub: str
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    display_name: str | None = None
    preferred_username: str | None = None
    picture: str | None = None
    locale: str | None = None
    updated_at: int | None = None
    email: str | None = None
    email_verified: bool = False
    groups: tuple[str, ...] = ()
    custom: Mapping[str, Any] | None = None


def requested_names(claims: Mapping[str, Any] | None, section: str) -> frozenset[str]:
    """Return the names in one section of a ``claims`` parameter (OpenID Connect Core §5.5)."""
    asked = (claims or {}).get(section)
    return frozenset(asked) - _NOT_BY_NAME if isinstance(asked, Mapping) else frozenset()


def narrowed_claims(claims: Mapping[str, Any] | None, left_out: Collection[str]) -> dict[str, Any] | None:
    """Return a ``claims`` parameter without the claims of scopes that were granted but aren't requested now (RFC 6749 §6)."""
    names = frozenset(name for scope in left_out for name in CLAIMS_BY_SCOPE.get(scope, ()))
    if claims is None or not names:
        return None if claims is None else dict(claims)
    return {
        section: {name: wanted for name, wanted in asked.items() if name not in names}
        for section, asked in claims.items()
    }


def scopes_to_load(scopes: Collection[str], requested: Collection[str]) -> frozenset[str]:
    """Return the scopes whose claims a response needs: the granted ones and those of individually requested claims."""
    by_name = {name: scope for scope, names in CLAIMS_BY_SCOPE.items() for name in names}
    return frozenset(scopes) | {by_name.get(name, "profile") for name in requested}


def custom_claims(member: MemberClaims) -> dict[str, Any]:
    """Return the member's custom claims, except any with a reserved name."""
    return {name: value for name, value in (member.custom or {}).items() if name not in RESERVED}


def released_claims(
    member: MemberClaims, scopes: Collection[str], requested: Collection[str] = frozenset()
) -> dict[str, Any]:
    """Return ``sub``, the claims of the granted scopes and the individually requested ones.

    Custom claims are released with ``profile`` or by name and never override another claim.
    """
    claims: dict[str, Any] = {
        name: value for name, value in custom_claims(member).items() if "profile" in scopes or name in requested
    }
    for scope, names in CLAIMS_BY_SCOPE.items():
        for name in names:
            value = getattr(member, name)
            if (scope in scopes or name in requested) and value not in (None, ""):
                claims[name] = value
    if not member.email:
        claims.pop("email_verified", None)
    if "groups" in claims:
        claims["groups"] = list(member.groups)
    claims["sub"] = member.sub
    return claims
