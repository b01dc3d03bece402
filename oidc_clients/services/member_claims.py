"""A member as clients may see them: what the site says, and the custom claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import adapters
from ..protocol.claims import MemberClaims
from .custom_claims import custom_claims_of


def claims_of_member(user: Any, *, scopes: frozenset[str]) -> MemberClaims:
    """What is needed for these scopes; custom claims are read here where the site's adapter has not done so."""
    member = adapters.get_claims()(user, scopes=scopes)
    if member.custom is not None or "profile" not in scopes:
        return member
    return replace(member, custom=custom_claims_of(user))
