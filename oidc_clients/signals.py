"""Signals of this app. Primary keys are strings, ``client`` is the client ID and ``client_name`` the displayed name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class ClientCreated:
    """A client was registered. ``is_on_own_network`` means that it is on my network. Sent inside the transaction."""

    client: str
    client_name: str
    actor: str | None
    user: str | None = None
    is_on_own_network: bool = False


@dataclass(frozen=True, slots=True)
class ClientChanged:
    """A client's settings changed; ``fields`` lists them. Sent inside the transaction.

    ``changes`` has for each field ``{"before": ..., "after": ...}`` as JSON values: groups by name, secrets by number,
    public keys by ID, lifetimes in seconds. For the logo it is the text ``"changed"``.
    """

    client: str
    client_name: str
    fields: tuple[str, ...]
    changes: Mapping[str, Any]
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientDeleted:
    """A client and all of its data were deleted. Sent inside the transaction."""

    client: str
    client_name: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSecretAdded:
    """A secret was added to a client. Sent inside the transaction."""

    client: str
    client_name: str
    secret: str
    prefix: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSecretRemoved:
    """A secret of a client was removed. Sent inside the transaction."""

    client: str
    client_name: str
    secret: str
    prefix: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class CustomClaimChanged:
    """A custom claim of a member or group was set; ``before`` is None for a new one. Sent inside the transaction."""

    user: str | None
    group: str | None
    name: str
    before: str | None
    after: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class CustomClaimRemoved:
    """A custom claim of a member or group was removed. Sent inside the transaction."""

    user: str | None
    group: str | None
    name: str
    before: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A member gave consent to a client. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRevoked:
    """A member's consent was revoked, along with the client's tokens. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ClientAuthorized:
    """A member was sent to a client with a code. ``is_new`` marks the first time. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    is_new: bool
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """A member was denied access to a client; ``by_member`` if they chose *Cancel*. Sent after the transaction."""

    user: str | None
    client: str
    client_name: str
    by_member: bool
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceApproved:
    """A member approved a sign-in on a device. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    device_address: str | None
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRefused:
    """A member denied a sign-in on a device. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    device_address: str | None
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceEnded:
    """A member signed a device out of a client, which ended its tokens. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """A member's tokens at a client were revoked because they lost access. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """A token request was rejected. ``reason`` is exact and isn't shown to the client. Sent after the transaction."""

    user: str | None
    client: str | None
    grant_type: str
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class CodeReplayed:
    """A client presented a code again; its tokens were revoked. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshReused:
    """A rotated refresh token was presented again; its family was revoked. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    """A client revoked a token; its family was revoked. ``token_type`` as in RFC 7009. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    token_type: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutDelivered:
    """A client accepted a logout token; ``session`` is the ``sid`` in it. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    session: str
    attempts: int
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutFailed:
    """A client accepted no logout token after ``attempts`` attempts; ``reason`` is the last error.

    Sent after the transaction.
    """

    user: str | None
    client: str
    client_name: str
    session: str
    attempts: int
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutRetried:
    """An administrator retried a failed logout notification. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    session: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyCreated:
    """A signing key was created and published. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyActivated:
    """A published key started to sign. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyRetired:
    """A key stopped signing; it stays published until its tokens expire. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyDropped:
    """A key is no longer published: ``is_expired`` after its last token expired, else it was dropped early.

    Sent inside the transaction.
    """

    kid: str
    algorithm: str
    is_expired: bool
    user: str | None = None
    actor: str | None = None


client_created = Signal()
client_changed = Signal()
client_deleted = Signal()
client_secret_added = Signal()
client_secret_removed = Signal()
custom_claim_changed = Signal()
custom_claim_removed = Signal()
consent_given = Signal()
consent_revoked = Signal()
client_authorized = Signal()
access_denied = Signal()
device_approved = Signal()
device_refused = Signal()
device_ended = Signal()
access_revoked = Signal()
token_refused = Signal()
code_replayed = Signal()
refresh_reused = Signal()
token_revoked = Signal()
logout_delivered = Signal()
logout_failed = Signal()
logout_retried = Signal()
signing_key_created = Signal()
signing_key_activated = Signal()
signing_key_retired = Signal()
signing_key_dropped = Signal()

ALL: Final[tuple[Signal, ...]] = (
    client_created,
    client_changed,
    client_deleted,
    client_secret_added,
    client_secret_removed,
    custom_claim_changed,
    custom_claim_removed,
    consent_given,
    consent_revoked,
    client_authorized,
    access_denied,
    device_approved,
    device_refused,
    device_ended,
    access_revoked,
    token_refused,
    code_replayed,
    refresh_reused,
    token_revoked,
    logout_delivered,
    logout_failed,
    logout_retried,
    signing_key_created,
    signing_key_activated,
    signing_key_retired,
    signing_key_dropped,
)
