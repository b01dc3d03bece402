"""Who may use a client, and what ends when somebody may no longer."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .. import adapters
from ..models import AccessToken, Client, Consent, DeviceGrant, Grant, RefreshToken
from ..signals import AccessRevoked, ConsentRevoked, access_revoked, consent_revoked


def may_use_client(*, user: Any, client: Client) -> bool:
    """Whether this member may use this client now. Superusers are not exempt."""
    if not user.is_active:
        return False
    if not client.is_restricted:
        return True
    return adapters.get_access()(user, client_id=client.client_id, allowed_groups=client.allowed_groups.all())


def revoke_family(*, token_family: Any) -> None:
    """Revoke every token of one family. Called inside a transaction."""
    now = timezone.now()
    RefreshToken.objects.filter(token_family=token_family, revoked=None).update(revoked=now, grace_answer="")
    AccessToken.objects.filter(token_family=token_family, revoked=None).update(revoked=now)


def revoke_access(*, user: Any, client: Client, reason: str, actor: str | None = None) -> bool:
    """End everything this member has at this client; return whether there was anything."""
    with transaction.atomic():
        approvals = revoke_approvals(user=user, client=client)
        found = _revoke(Q(user=user, application=client)) or bool(approvals)
        if found:
            access_revoked.send(
                sender=Client,
                event=AccessRevoked(
                    user=str(user.pk), client=client.client_id, client_name=client.name, reason=reason, actor=actor
                ),
            )
    return found


def recheck_access(*, user: Any = None, client: Client | None = None, reason: str, actor: str | None = None) -> int:
    """Revoke what members hold at clients that they may no longer use; return how many members lost a client.

    Name the member, the client, or both, whose groups or state just changed. Call it in the same transaction.
    """
    given = {
        **({"user": user} if user is not None else {}),
        **({"application": client} if client is not None else {}),
    }
    with transaction.atomic():
        lost = 0
        for member, at in _holders(given):
            if not may_use_client(user=member, client=at):
                lost += revoke_access(user=member, client=at, reason=reason, actor=actor)
    return lost


def revoke_member(*, user: Any, reason: str, actor: str | None = None) -> int:
    """End everything this member has at any client: disabled, or about to be deleted."""
    with transaction.atomic():
        return sum(
            revoke_access(user=member, client=client, reason=reason, actor=actor)
            for member, client in _holders({"user": user})
        )


def revoke_consent(*, user: Any, client: Client, actor: str | None = None) -> bool:
    """Take a consent back, and with it everything the client was given; return whether there was one."""
    with transaction.atomic():
        deleted, _rows = Consent.objects.filter(user=user, client=client).delete()
        if not deleted:
            return False
        revoke_approvals(user=user, client=client)
        _revoke(Q(user=user, application=client))
        consent_revoked.send(
            sender=Consent,
            event=ConsentRevoked(user=str(user.pk), client=client.client_id, client_name=client.name, actor=actor),
        )
    return True


def revoke_approvals(*, user: Any, client: Client) -> int:
    """Refuse the devices that this member let sign in at this client and that have not come for their tokens yet."""
    approved = DeviceGrant.objects.filter(user=user, client=client, status=DeviceGrant.AUTHORIZED, redeemed_at=None)
    return int(approved.update(status=DeviceGrant.DENIED))


def _revoke(holder: Q) -> bool:
    now = timezone.now()
    counts = (
        Grant.objects.filter(holder, used_at=None).update(used_at=now),
        RefreshToken.objects.filter(holder, revoked=None).update(revoked=now, grace_answer=""),
        AccessToken.objects.filter(holder, revoked=None).update(revoked=now),
    )
    return any(counts)


def _holders(given: dict[str, Any]) -> list[tuple[Any, Client]]:
    """The members and clients between which a live token, a code or an approved device exists."""
    pairs: dict[tuple[Any, Any], tuple[Any, Client]] = {}
    for rows in (
        Grant.objects.filter(used_at=None, **given),
        RefreshToken.objects.filter(revoked=None, **given),
        AccessToken.objects.filter(revoked=None, **given),
    ):
        for row in rows.select_related("user", "application"):
            pairs[(row.user_id, row.application_id)] = (row.user, row.application)
    at = {"client" if name == "application" else name: value for name, value in given.items()}
    approved = DeviceGrant.objects.filter(status=DeviceGrant.AUTHORIZED, redeemed_at=None, **at)
    for grant in approved.select_related("user", "client"):
        pairs[(grant.user_id, grant.client.pk)] = (grant.user, grant.client)
    return [(member, client) for member, client in pairs.values() if member is not None and client is not None]
