"""What this app tells. Primary keys are strings, ``client`` is the client_id, ``client_name`` is what people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class ClientCreated:
    """A client was registered; ``is_on_own_network`` when its servers may be called there. Sent inside the transaction."""

    client: str
    client_name: str
    actor: str | None
    user: str | None = None
    is_on_own_network: bool = False


@dataclass(frozen=True, slots=True)
class ClientChanged:
    """A client's settings changed; ``fields`` names them. Sent inside the transaction.

    ``changes`` holds for each field ``{"before": ..., "after": ...}`` in JSON's types: groups by their names, secrets by
    their number alone, public keys by their ids, lifetimes in seconds. For the logo it is the text ``"changed"``.
    """

    client: str
    client_name: str
    fields: tuple[str, ...]
    changes: Mapping[str, Any]
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientDeleted:
    """A client and everything it was given are gone. Sent inside the transaction."""

    client: str
    client_name: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSecretAdded:
    """A client has one more secret. Sent inside the transaction."""

    client: str
    client_name: str
    secret: str
    prefix: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSecretRemoved:
    """A client has one secret less. Sent inside the transaction."""

    client: str
    client_name: str
    secret: str
    prefix: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class CustomClaimChanged:
    """A custom claim of a member or of a group has a new value; ``before`` is None for a new one. Inside the transaction."""

    user: str | None
    group: str | None
    name: str
    before: str | None
    after: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class CustomClaimRemoved:
    """A custom claim of a member or of a group is gone. Sent inside the transaction."""

    user: str | None
    group: str | None
    name: str
    before: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A member agreed to what a client may see. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRevoked:
    """A member's consent was taken back, and the client's tokens with it. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ClientAuthorized:
    """A member was sent on to a client with a code. ``is_new`` the first time. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    is_new: bool
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """A member was refused at a client: ``by_member`` when they pressed Cancel. Sent after the transaction."""

    user: str | None
    client: str
    client_name: str
    by_member: bool
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceApproved:
    """A member let a device sign in as them at a client. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    scopes: tuple[str, ...]
    device_address: str | None
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRefused:
    """A member did not let a device sign in as them at a client. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    device_address: str | None
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceEnded:
    """A device's sign-in at a client was ended by its member, and its tokens with it. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """A member's tokens at a client were revoked, because access was lost. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """A token request was refused; ``reason`` is precise and stays here. Sent after the transaction."""

    user: str | None
    client: str | None
    grant_type: str
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class CodeReplayed:
    """A code was presented again by its own client; its tokens are revoked. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshReused:
    """A rotated refresh token was presented again; its family is revoked. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    """A client gave a token back, and its family is revoked. ``token_type`` as in RFC 7009. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    token_type: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutDelivered:
    """A client took a logout token; ``session`` is the ``sid`` that it named. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    session: str
    attempts: int
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutFailed:
    """A client took no logout token in ``attempts`` attempts; ``reason`` says why the last failed. Sent after it."""

    user: str | None
    client: str
    client_name: str
    session: str
    attempts: int
    reason: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutRetried:
    """An operator has a client told anew that could not be told. Sent inside the transaction."""

    user: str | None
    client: str
    client_name: str
    session: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyCreated:
    """A signing key was made, and is published from now on. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyActivated:
    """A published key signs from now on. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyRetired:
    """A key signs no more; it stays published while its tokens live. Sent inside the transaction."""

    kid: str
    algorithm: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKeyDropped:
    """A key is published no more: ``is_expired`` when its last token had expired, else somebody dropped it before.

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
