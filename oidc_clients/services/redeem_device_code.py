"""Redeeming a device code: one transaction, one conditional update that decides (RFC 8628 §3.4, §3.5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..models import Client, ClientSession, DeviceGrant
from ..protocol.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    OAuthError,
    SlowDown,
    UnauthorizedClient,
)
from ..protocol.token.checks import first_refusal
from ..protocol.token.device_code import CHECKS, WAITING, DeviceAttempt, DeviceState, DeviceStatus
from ..protocol.token.standing import what_was_lost
from ..protocol.token.state import Refused, Standing
from .client_sessions import open_client_session
from .digests import digest_of
from .grant_state import standing_annotations, standing_of
from .granted import Granted
from .row_locks import keep_undeleted
from .tokens import TokenAnswer, issue_tokens

#: Seconds that a device has to wait longer, for all later polls, each time it asked too soon.
SLOW_DOWN_BY: Final = 5
_ERRORS: Final[Mapping[str, type[OAuthError]]] = {
    error.code: error
    for error in (AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, SlowDown, UnauthorizedClient)
}
_STATUSES: Final = {
    DeviceGrant.AUTHORIZATION_PENDING: DeviceStatus.PENDING,
    DeviceGrant.AUTHORIZED: DeviceStatus.APPROVED,
}


def redeem_device_code(*, client: Client, device_code: str) -> TokenAnswer:
    """The tokens for a device code that was approved.

    Raises AuthorizationPending or SlowDown while it waits, AccessDenied, ExpiredToken, UnauthorizedClient or InvalidGrant.
    """
    with transaction.atomic():
        grant = _find(device_code)
        outcome = Refused("unknown_code") if grant is None else _redeem(grant, client)
    if isinstance(outcome, Refused):
        # Raised only now: inside the block it would take back that the device polled.
        user = None if grant is None or grant.user_id is None else str(grant.user_id)
        raise _ERRORS[outcome.code](reason=outcome.reason, user=user)
    return outcome


def _find(device_code: str) -> DeviceGrant | None:
    found: DeviceGrant | None = (
        DeviceGrant.objects.filter(device_code=digest_of(device_code))
        .select_related("user")
        .annotate(**standing_annotations(client="client"))
        .first()
    )
    return found


def _redeem(grant: DeviceGrant, client: Client) -> TokenAnswer | Refused:
    now = timezone.now()
    attempt = DeviceAttempt(client_pk=client.pk, may_use_grant=client.allows_device_grant, now=now.timestamp())
    if refused := first_refusal(CHECKS, _state_of(grant), attempt):
        return _note_poll(grant, refused, now) if refused.code in WAITING else refused
    if lost := what_was_lost(_standing_of(grant, client)):
        return Refused(lost.reason, code="access_denied")
    if not keep_undeleted(client=client, user=grant.user):
        return Refused("unknown_code")
    approved = DeviceGrant.objects.filter(pk=grant.pk, status=DeviceGrant.AUTHORIZED, redeemed_at=None)
    if not approved.update(redeemed_at=now):
        # A parallel poll was first, or the member's access ended at this very moment.
        grant.refresh_from_db(fields=("status", "redeemed_at"))
        return first_refusal(CHECKS, _state_of(grant), attempt) or Refused("redeemed_already")
    return issue_tokens(granted=_granted_by(grant, client), scopes=tuple(grant.scope.split()), now=now)


def _state_of(grant: DeviceGrant) -> DeviceState:
    return DeviceState(
        client_pk=grant.client_id,  # type: ignore[arg-type]  # the model's None only takes the inherited column away
        status=_STATUSES.get(grant.status, DeviceStatus.REFUSED),
        expires_at=grant.expires.timestamp(),
        polled_at=None if grant.polled_at is None else grant.polled_at.timestamp(),
        interval=grant.interval,
        is_redeemed=grant.redeemed_at is not None,
    )


def _standing_of(grant: DeviceGrant, client: Client) -> Standing:
    return standing_of(
        grant,
        user=grant.user,
        client=client,
        client_session=None,
        scopes=grant.scope.split(),
        by_consent=grant.by_consent,
    )


def _note_poll(grant: DeviceGrant, refused: Refused, now: datetime) -> Refused:
    """Keep when the device polled. Of two polls at once the second is too fast, whatever both read."""
    unchanged = DeviceGrant.objects.filter(pk=grant.pk, polled_at=grant.polled_at)
    if refused.code == "authorization_pending" and unchanged.update(polled_at=now):
        return refused
    DeviceGrant.objects.filter(pk=grant.pk).update(polled_at=now, interval=F("interval") + SLOW_DOWN_BY)
    return Refused("polled_too_fast", code="slow_down")


def _granted_by(grant: DeviceGrant, client: Client) -> Granted:
    # A session of its own: signing out in the browser that approved it leaves the device signed in.
    sid = str(uuid.uuid4())
    return Granted(
        user=grant.user,
        client=client,
        scopes=tuple(grant.scope.split()),
        token_family=uuid.uuid4(),
        by_consent=grant.by_consent,
        auth_time=grant.auth_time,
        acr=grant.acr,
        amr=tuple(grant.amr),
        sid=sid,
        client_session=open_client_session(
            user=grant.user,
            client=client,
            sid=sid,
            kind=ClientSession.Kind.DEVICE,
            user_agent=grant.user_agent,
            ip_address=grant.ip_address,
        ),
    )
