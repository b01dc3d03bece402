"""Input and results of the authorization checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..parameters import Parameters
from ..scopes import known_scopes
from .requested_claims import NO_CLAIMS, MalformedClaims, RequestedClaims, parse_claims

# The sender decides what a request contains, so only what is used later is stored.
KEPT_PARAMETERS: Final = frozenset(
    [
        *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
        *("prompt", "max_age", "code_challenge", "code_challenge_method"),
        *("claims", "acr_values", "ui_locales"),
    ]
)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One authorization request. Times are seconds since 1970, with fractions.

    ``hinted_sub`` is the member in a valid ``id_token_hint``; ``hint_fault`` says why the hint is invalid.
    ``is_pushed`` means that the parameters came in a pushed request (RFC 9126) or were validated before.
    """

    parameters: Parameters
    arrived_at: float
    fresh_window: int
    chosen_user: str = ""
    consent_given: bool = False
    hinted_sub: str = ""
    hint_fault: str = ""
    is_pushed: bool = False

    def get(self, name: str) -> str | None:
        return self.parameters.get(name)

    @property
    def scopes(self) -> tuple[str, ...]:
        return known_scopes(self.get("scope"))

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset((self.get("prompt") or "").split())

    @property
    def claims(self) -> RequestedClaims:
        """Return the individually requested claims: none if the parameter is malformed, which ``check_claims`` rejects."""
        try:
            return parse_claims(self.get("claims"))
        except MalformedClaims:
            return NO_CLAIMS

    @property
    def wanted_subs(self) -> frozenset[str]:
        """Return the members that the hint and the claims request name.

        Empty means any member; more than one can't be met.
        """
        return frozenset(sub for sub in (self.hinted_sub, *self.claims.subs) if sub)

    @property
    def consents(self) -> tuple[str, ...]:
        """Return what needs the member's consent: the scopes, and ``claim:<name>`` for claims outside of them."""
        return (*self.scopes, *(f"claim:{name}" for name in self.claims.beyond(self.scopes)))


@dataclass(frozen=True, slots=True)
class ClientState:
    """The client's settings that decisions depend on."""

    is_public: bool
    pkce_required: bool
    requires_fresh_passkey: bool
    skips_consent: bool
    requires_par: bool = False


@dataclass(frozen=True, slots=True)
class MemberState:
    """The signed-in member. ``strong_at`` is the last use of a passkey in this session, or None.

    ``is_certain`` is False if others use this browser too and the person hasn't confirmed the account in this session.
    ``sub`` is set only if the request names a member.
    """

    pk: str
    is_allowed: bool
    strong_at: float | None
    consented_scopes: frozenset[str] | None = field(default=None)
    sub: str = ""
    acr: str = "0"
    is_certain: bool = True


class Step(StrEnum):
    """What the person still has to do, in the order in which it is asked."""

    SIGN_IN = "sign_in"
    CHOOSE_ACCOUNT = "choose_account"
    PROVE_PASSKEY = "prove_passkey"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for the client (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)."""

    code: str
    description: str
