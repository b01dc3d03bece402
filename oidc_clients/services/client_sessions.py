"""Members' sessions at clients, which ``sid`` names (OpenID Connect Core §2, Back-Channel Logout §2.1), and their ends.

A session that merely expires ends nothing here. Signing out ends everything without ``offline_access``; ending a
session or losing access ends everything. Either way, clients that registered for it are notified in the background.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..models import AccessToken, Client, ClientSession, DeviceGrant, Grant, RefreshToken
from ..signals import DeviceEnded, device_ended
from .logout import queue_logout

OFFLINE_ACCESS: Final = "offline_access"
_NAMESPACE: Final = uuid.UUID("6f1f4d5e-8f0a-5b43-9d4b-3a51f0f2c9d1")


def open_client_session(
    *,
    user: Any,
    client: Client,
    sid: str,
    kind: str = ClientSession.Kind.BROWSER,
    user_agent: str = "",
    ip_address: str | None = None,
) -> ClientSession:
    """Start or continue the member's session at this client, in one statement.

    Its ID follows from member, client and sid, so the upsert needn't be read back. Called inside the transaction that
    issues a code or tokens. A session that was ended is started again, because its member came back in a browser
    session that is still active (``HOLD_SESSION``).
    """
    now = timezone.now()
    session = ClientSession(
        id=uuid.uuid5(_NAMESPACE, f"{client.pk}:{user.pk}:{sid}"),
        user=user,
        client=client,
        sid=sid,
        kind=kind,
        started_at=now,
        authorized_at=now,
        user_agent=user_agent,
        ip_address=ip_address,
    )
    ClientSession.objects.bulk_create(
        [session],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["authorized_at", "signed_out_at", "ended_at"],
    )
    return session


def sign_out_session(*, sid: str) -> int:
    """Sign a browser's session out at its clients. Return how many there were.

    Codes that aren't redeemed yet become invalid, and so do tokens of families without ``offline_access``.
    """
    if not sid:
        return 0
    with transaction.atomic():
        sessions = _hold(Q(sid=sid, kind=ClientSession.Kind.BROWSER, signed_out_at=None, ended_at=None))
        if sessions:
            _revoke_tokens(Q(client_session__in=sessions), keeps_offline=True)
            _mark(sessions, signed_out_at=timezone.now())
    return len(sessions)


def end_client_sessions(*, sids: Collection[str] | None = None, user: Any = None) -> int:
    """End browser sessions at all clients, by sid or by member. Return how many there were.

    Sign-ins on devices don't belong to a browser and stay.
    """
    found = Q(kind=ClientSession.Kind.BROWSER)
    if sids is not None:
        found &= Q(sid__in=[sid for sid in sids if sid])
    if user is not None:
        found &= Q(user=user)
    if sids is None and user is None:
        return 0
    with transaction.atomic():
        sessions = _hold(found & Q(ended_at=None))
        if sessions:
            _revoke_tokens(Q(client_session__in=sessions))
            _mark(sessions, ended_at=timezone.now())
    return len(sessions)


def end_sessions_at(*, user: Any, client: Client) -> bool:
    """End everything this member has at this client, including devices. Return whether there was anything."""
    with transaction.atomic():
        # A device that redeems its code at this moment opens a session, which is looked for only afterwards.
        approved = DeviceGrant.objects.filter(
            user=user, client=client, status=DeviceGrant.AUTHORIZED, redeemed_at=None
        ).update(status=DeviceGrant.DENIED)
        sessions = _hold(Q(user=user, client=client, ended_at=None))
        revoked = _revoke_tokens(Q(user=user, application=client))
        _mark(sessions, ended_at=timezone.now())
    return bool(sessions or approved) or revoked


def end_device_session(*, user: Any, session_id: uuid.UUID) -> bool:
    """Sign this member's device out of its client, and notify the client. Return whether there was anything."""
    with transaction.atomic():
        sessions = _hold(Q(pk=session_id, user=user, kind=ClientSession.Kind.DEVICE, ended_at=None))
        for session in sessions:
            _revoke_tokens(Q(client_session=session))
            device_ended.send(
                sender=ClientSession,
                event=DeviceEnded(
                    user=str(user.pk),
                    client=session.client.client_id,
                    client_name=session.client.name,
                    device_agent=session.user_agent,
                ),
            )
        _mark(sessions, ended_at=timezone.now())
    return bool(sessions)


def _hold(found: Q) -> list[ClientSession]:
    """Lock these sessions until the transaction ends.

    A simultaneous caller finds none, so no client is notified twice.
    """
    held = ClientSession.objects.select_for_update(of=("self",), no_key=True).filter(found)
    return list(held.select_related("client", "user").order_by("pk"))


def revoke_refresh_tokens(rows: QuerySet[RefreshToken], *, at: datetime) -> int:
    """Revoke those of these tokens that are valid. Return how many. Called inside a transaction.

    They are locked in a fixed order, or two simultaneous callers could deadlock. A refresh that this call waited for
    has added a successor that wasn't visible before, so it looks again.
    """
    total = 0
    living = rows.filter(revoked=None).order_by("pk")
    while locked := list(living.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)):
        total += RefreshToken.objects.filter(pk__in=locked).update(revoked=at, grace_answer="")
    return total


def _mark(sessions: list[ClientSession], **ends: datetime) -> None:
    ClientSession.objects.filter(pk__in=[session.pk for session in sessions]).update(**ends)
    for session in sessions:
        queue_logout(session=session)


def _revoke_tokens(holder: Q, *, keeps_offline: bool = False) -> bool:
    """Revoke codes, refresh tokens and access tokens, in this order. Return whether there were any.

    A simultaneous redemption or refresh has locked its code or token. Waiting for that row and looking again finds the
    tokens that it issued.
    """
    now = timezone.now()
    codes = Grant.objects.filter(holder, used_at=None, revoked_at=None).update(revoked_at=now)
    offline = _offline_families(holder) if keeps_offline else []
    refresh = RefreshToken.objects.filter(holder).exclude(token_family__in=offline)
    revoked = revoke_refresh_tokens(refresh, at=now)
    access = AccessToken.objects.filter(holder, revoked=None).exclude(token_family__in=offline)
    return bool(codes + revoked + access.update(revoked=now))


def _offline_families(holder: Q) -> list[uuid.UUID]:
    rows = RefreshToken.objects.filter(holder, revoked=None).values_list("token_family", "scope")
    return sorted({family for family, scope in rows if OFFLINE_ACCESS in scope.split()})
