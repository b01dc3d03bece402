"""Reading the ``claims`` parameter (OpenID Connect Core §5.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ..claims import CLAIMS_BY_SCOPE
from ..strict_json import RepeatedMember, once

SECTIONS: Final = ("id_token", "userinfo")
# About the sign-in, not about the person: what a request for them can change is decided by its own check.
ABOUT_SIGN_IN: Final = frozenset({"sub", "auth_time", "acr", "amr"})
ABOUT_PERSON: Final = frozenset(name for names in CLAIMS_BY_SCOPE.values() for name in names)


class MalformedClaims(ValueError):
    """The text says, for the client's developer, what is wrong with the parameter."""


@dataclass(frozen=True, slots=True)
class RequestedClaim:
    """One claim. ``values`` are the values that the client would take, in its order; empty for any."""

    is_essential: bool = False
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """The claims asked for, by section and name. Names that this provider doesn't know are left out (§5.5.1)."""

    id_token: dict[str, RequestedClaim] = field(default_factory=dict)
    userinfo: dict[str, RequestedClaim] = field(default_factory=dict)

    @property
    def subs(self) -> tuple[str, ...]:
        """The members that the request names: a positive answer is about one of them or about nobody (§5.5.1)."""
        asked = (self.id_token.get("sub"), self.userinfo.get("sub"))
        return tuple(str(value) for claim in asked if claim is not None for value in claim.values)

    def beyond(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """The names of claims about the person that none of these scopes opens, each once."""
        opened = {name for scope in scopes for name in CLAIMS_BY_SCOPE.get(scope, ())}
        return tuple(name for name in dict.fromkeys((*self.id_token, *self.userinfo)) if name in ABOUT_PERSON - opened)

    def as_json(self) -> dict[str, dict[str, dict[str, bool]]] | None:
        """What a grant keeps: ``{"id_token": {name: {"essential": bool}}, "userinfo": …}``, None for nothing."""
        sections = {
            section: {name: {"essential": claim.is_essential} for name, claim in getattr(self, section).items()}
            for section in SECTIONS
        }
        return sections if any(sections.values()) else None


NO_CLAIMS: Final = RequestedClaims()


def parse_claims(value: str | None) -> RequestedClaims:
    """The requested claims; none for None. Raises MalformedClaims."""
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
    # Members that are not understood are ignored (§5.5).
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
