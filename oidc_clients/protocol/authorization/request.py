"""What the authorization checks are given, and what they may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..parameters import Parameters
from ..scopes import known_scopes


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One authorization request. Times are seconds since the epoch."""

    parameters: Parameters
    arrived_at: int
    fresh_window: int
    chosen_user: str = ""
    consent_given: bool = False

    def get(self, name: str) -> str | None:
        return self.parameters.get(name)

    @property
    def scopes(self) -> tuple[str, ...]:
        return known_scopes(self.get("scope"))

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset((self.get("prompt") or "").split())


@dataclass(frozen=True, slots=True)
class ClientState:
    """The client, as far as a decision needs it."""

    pk: int
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    is_public: bool
    pkce_required: bool
    requires_fresh_passkey: bool
    skips_consent: bool
    issues_refresh_tokens: bool


@dataclass(frozen=True, slots=True)
class MemberState:
    """The signed-in member. ``strong_at`` is when this session last proved a passkey, None when it never did."""

    pk: str
    is_allowed: bool
    strong_at: int | None
    consented_scopes: frozenset[str] | None = field(default=None)


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
