"""Input of the token checks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """What a grant depends on, as it is now. ``scopes`` are those of the whole grant, not of a narrower token."""

    member_is_active: bool
    has_consent: bool
    is_allowed: bool
    session_has_ended: bool
    session_is_signed_out: bool
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantState:
    """What was granted, as stored. Times are seconds since 1970, with fractions."""

    client_pk: int
    redirect_uri: str
    code_challenge: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class CodeAttempt:
    """What an authenticated client presents."""

    client_pk: int
    redirect_uri: str | None
    verifier: str | None = field(repr=False)
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class RefreshState:
    """A refresh token as stored."""

    client_pk: int
    scopes: tuple[str, ...]
    expires_at: float
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class RefreshAttempt:
    """What an authenticated client presents."""

    client_pk: int
    scope: str | None
    now: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an attempt is rejected: a stable word for the audit trail and the error code for the client.

    ``description`` is for the developer of the client that owns the grant. None means the standard text of the error,
    for attempts of other clients and for causes that would reveal something about the member.
    """

    reason: str
    code: str = "invalid_grant"
    description: str | None = None
