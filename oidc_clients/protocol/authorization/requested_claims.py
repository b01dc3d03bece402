"""Parsing the ``claims`` parameter (OpenID Connect Core §5.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ..claims import CLAIMS_BY_SCOPE
from ..strict_json import RepeatedMember, once

SECTIONS: Final = ("id_token", "userinfo")
# Claims about the sign-in, not the person. The checks of their own decide what a request for them changes.
ABOUT_SIGN_IN: Final = frozenset({"sub", "auth_time", "acr", "amr"})
ABOUT_PERSON: Final = frozenset(name for names in CLAIMS_BY_SCOPE.values() for name in names)


class MalformedClaims(ValueError):
    """The ``claims`` parameter is malformed. The message is for the client's developer."""


@dataclass(frozen=True, slots=True)
class RequestedClaim:
    """One claim. ``values`` are the accepted values in order of preference; empty means any."""

    is_essential: bool = False
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """The requested claims by section and name. Claims that this provider doesn't support are left out (§5.5.1)."""

    id_token: dict[str, RequestedClaim] = field(default_factory=dict)
    userinfo: dict[str, RequestedClaim] = field(default_factory=dict)

    @property
    def subs(self) -> tuple[str, ...]:
        """Return the requested members. A successful response must be about one of them (§5.5.1)."""
        asked = (self.id_token.get("sub"), self.userinfo.get("sub"))
        return tuple(str(value) for claim in asked if claim is not None for value in claim.values)

    def beyond(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Return the names of requested claims about the person that none of these scopes covers."""
        opened = {name for scope in scopes for name in CLAIMS_BY_SCOPE.get(scope, ())}
        return tuple(name for name in dict.fromkeys((*self.id_token, *self.userinfo)) if name in ABOUT_PERSON - opened)

    def as_json(self) -> dict[str, dict[str, dict[str, bool]]] | None:
        """Return what a grant stores: ``{"id_token": {name: {"essential": bool}}, "userinfo": …}``, or None if empty."""
        sections = {
            section: {name: {"essential": claim.is_essential} for name, claim in getattr(self, section).items()}
            for section in SECTIONS
        }
        return sections if any(sections.values()) else None


NO_CLAIMS: Final = RequestedClaims()


def parse_claims(value: str | None) -> RequestedClaims:
    """Parse the parameter. None has no claims.

    :raises MalformedClaims: it can't be parsed.
    """
    if value is None:
        return NO_CLAIMS
    try:
        found = json.loads(value, object_pairs_hook=once, parse_constant=_no_constant)
    except MalformedClaims:
        raise
    except RepeatedMember as error:
        raise MalformedClaims("In the claims parameter a name stands twice in one object.") from error
    except (ValueError, RecursionError) as error:
        raise MalformedClaims("The claims parameter is not JSON.") from error
    if not isinstance(found, dict):
        raise MalformedClaims("The claims parameter is not a JSON object.")
    # Unknown members are ignored (§5.5).
    return RequestedClaims(**{section: _section(section, found[section]) for section in SECTIONS if section in found})


def _section(section: str, found: Any) -> dict[str, RequestedClaim]:
    if not isinstance(found, dict):
        raise MalformedClaims(f"In the claims parameter '{section}' is not a JSON object.")
    claims = {name: _claim(section, asked) for name, asked in found.items()}
    return {name: claim for name, claim in claims.items() if name in ABOUT_SIGN_IN | ABOUT_PERSON}


def _claim(section: str, asked: Any) -> RequestedClaim:
    if asked is None:
        return RequestedClaim()
    if not isinstance(asked, dict):
        raise MalformedClaims(f"In the claims parameter each claim of '{section}' is null or a JSON object.")
    essential, values = asked.get("essential", False), asked.get("values", [])
    if not isinstance(essential, bool) or not isinstance(values, list):
        raise MalformedClaims("In the claims parameter 'essential' is true or false, and 'values' is a JSON array.")
    return RequestedClaim(essential, (*([asked["value"]] if "value" in asked else []), *values))


def _no_constant(_name: str) -> NoReturn:
    raise MalformedClaims("The claims parameter is not JSON.")
