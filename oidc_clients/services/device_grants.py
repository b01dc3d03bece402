"""Device grants (RFC 8628): a device asks, a member answers. Only digests of the two codes are stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .. import conf
from ..adapters import Authentication
from ..exceptions import UserCodeUnknown
from ..models import Client, DeviceGrant
from ..protocol.errors import TemporarilyUnavailable
from ..protocol.user_code import new_user_code, read_user_code
from ..signals import (
    AccessDenied,
    DeviceApproved,
    DeviceRefused,
    access_denied,
    device_approved,
    device_refused,
)
from .access import may_use_client
from .consent import give_consent
from .digests import digest_of, new_secret
from .row_locks import keep_undeleted

#: Minimum number of seconds between two polls, until the device is told to slow down.
INTERVAL: Final = 5
# The device itself proved nothing, so its tokens have the same methods as after a typed code.
AMR: Final = ("otp",)
ACR: Final = "0"
_ATTEMPTS: Final = 5
_USER_CODE_SALT: Final = "hearthkey oidc_clients user code"


@dataclass(frozen=True, slots=True)
class StartedGrant:
    """What a device receives. ``user_code`` has no hyphen; ``expires_in`` and ``interval`` are seconds."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in: int
    interval: int


def start_device_grant(
    *, client: Client, scopes: tuple[str, ...], address: str | None, user_agent: str
) -> StartedGrant:
    """Start a pending device grant and return it with its two codes, which can't be shown again.

    :raises TemporarilyUnavailable: five codes in a row were taken, which needs billions of rows.
    """
    lifetime = conf.device_code_lifetime()
    for _attempt in range(_ATTEMPTS):
        device_code, user_code = new_secret(), new_user_code(secrets.choice)
        row = DeviceGrant(
            client=client,
            device_code=digest_of(device_code),
            user_code=_user_code_digest(user_code),
            scope=" ".join(scopes),
            interval=INTERVAL,
            expires=timezone.now() + lifetime,
            ip_address=address,
            user_agent=_printable(user_agent),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            continue
        return StartedGrant(device_code, user_code, int(lifetime.total_seconds()), INTERVAL)
    raise TemporarilyUnavailable(reason="no_free_user_code")


def claim_device_grant(*, user: Any, user_code: str) -> DeviceGrant:
    """Return the pending grant with this code and reserve it for this member.

    :raises UserCodeUnknown: there is none, or another member typed the code first and alone may answer it.
    """
    if (code := read_user_code(user_code)) is None:
        raise UserCodeUnknown
    waiting = DeviceGrant.objects.filter(
        user_code=_user_code_digest(code),
        claimed_by="",
        status=DeviceGrant.AUTHORIZATION_PENDING,
        expires__gt=timezone.now(),
    )
    waiting.update(claimed_by=str(user.pk))
    return find_device_grant(user=user, user_code=code)


def find_device_grant(*, user: Any, user_code: str) -> DeviceGrant:
    """Return the grant that this member claimed, even if it is answered or expired.

    :raises UserCodeUnknown: there is none.
    """
    if (code := read_user_code(user_code)) is None:
        raise UserCodeUnknown
    grant: DeviceGrant | None = (
        DeviceGrant.objects.filter(
            user_code=_user_code_digest(code), claimed_by=str(user.pk), client__allows_device_grant=True
        )
        .select_related("client")
        .first()
    )
    if grant is None:
        raise UserCodeUnknown
    return grant


def release_device_grant(*, user: Any, user_code: str) -> None:
    """Let another member claim the grant, because this one said that they aren't signing in."""
    if (code := read_user_code(user_code)) is not None:
        DeviceGrant.objects.filter(
            user_code=_user_code_digest(code),
            claimed_by=str(user.pk),
            status=DeviceGrant.AUTHORIZATION_PENDING,
        ).update(claimed_by="")


def is_waiting(grant: DeviceGrant) -> bool:
    """Return whether the grant can still be answered."""
    return bool(grant.status == DeviceGrant.AUTHORIZATION_PENDING and grant.expires > timezone.now())


def check_access(*, grant: DeviceGrant, user: Any) -> bool:
    """Return whether this member may use the client. If not, the member and the device are told."""
    client = grant.client
    if may_use_client(user=user, client=client):
        return True
    if _answer(grant, by=user, status=DeviceGrant.DENIED):
        access_denied.send(
            sender=Client,
            event=AccessDenied(user=str(user.pk), client=client.client_id, client_name=client.name, by_member=False),
        )
    return False


def approve_device_grant(*, grant: DeviceGrant, user: Any, authentication: Authentication) -> bool:
    """Sign the device in as this member. Return whether it could still be answered. Only after ``check_access``.

    The tokens say when the member signed in, but not how, because the device has no passkey.
    """
    client, scopes = grant.client, tuple(grant.scope.split())
    with transaction.atomic():
        if not keep_undeleted(client=client, user=user):
            return False
        is_first = _answer(
            grant,
            by=user,
            status=DeviceGrant.AUTHORIZED,
            user=user,
            by_consent=True,
            auth_time=authentication.at,
            acr=ACR,
            amr=list(AMR),
        )
        if is_first:
            give_consent(user=user, client=client, scopes=scopes)
            device_approved.send(
                sender=DeviceGrant,
                event=DeviceApproved(
                    user=str(user.pk),
                    client=client.client_id,
                    client_name=client.name,
                    scopes=scopes,
                    device_address=grant.ip_address,
                    device_agent=grant.user_agent,
                ),
            )
    return is_first


def refuse_device_grant(*, grant: DeviceGrant, user: Any) -> bool:
    """Deny the sign-in on the device. Return whether it could still be answered."""
    client = grant.client
    with transaction.atomic():
        is_first = _answer(grant, by=user, status=DeviceGrant.DENIED)
        if is_first:
            device_refused.send(
                sender=DeviceGrant,
                event=DeviceRefused(
                    user=str(user.pk),
                    client=client.client_id,
                    client_name=client.name,
                    device_address=grant.ip_address,
                    device_agent=grant.user_agent,
                ),
            )
    return is_first


def _answer(grant: DeviceGrant, *, by: Any, **answer: Any) -> bool:
    """Record the answer. Return False for a second answer or for anyone but the member who claimed the code."""
    waiting = DeviceGrant.objects.filter(
        pk=grant.pk,
        claimed_by=str(by.pk),
        status=DeviceGrant.AUTHORIZATION_PENDING,
        expires__gt=timezone.now(),
    )
    return bool(waiting.update(**answer))


def _user_code_digest(code: str) -> str:
    """Return a digest with a key that isn't in the database, because a code is short enough to be found from a plain one."""
    return str(salted_hmac(_USER_CODE_SALT, code, algorithm="sha256").hexdigest())


def _printable(user_agent: str) -> str:
    return "".join(character for character in user_agent if character.isprintable())[:512]
