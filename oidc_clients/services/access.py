"""Access of members to clients, and what ends when they lose it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from .. import adapters
from ..models import AccessToken, Client, ClientSession, Consent, DeviceGrant, Grant, RefreshToken
from ..signals import AccessRevoked, ConsentRevoked, access_revoked, consent_revoked
from .client_sessions import end_sessions_at, revoke_refresh_tokens


def may_use_client(*, user: Any, client: Client) -> bool:
    """Return whether this member may use this client now. Superusers are not exempt."""
    if not user.is_active:
        return False
    if not client.is_restricted:
        return True
    return adapters.get_access()(user, client_id=client.client_id, allowed_groups=client.allowed_groups.all())


def revoke_family(*, token_family: Any) -> None:
    """Revoke every token of one family. Called inside a transaction."""
    now = timezone.now()
    revoke_refresh_tokens(RefreshToken.objects.filter(token_family=token_family), at=now)
    AccessToken.objects.filter(token_family=token_family, revoked=None).update(revoked=now)


def revoke_access(*, user: Any, client: Client, reason: str, actor: str | None = None) -> bool:
    """End everything this member has at this client. Return whether there was anything."""
    with transaction.atomic():
        found = end_sessions_at(user=user, client=client)
        if found:
            access_revoked.send(
                sender=Client,
                event=AccessRevoked(
                    user=str(user.pk), client=client.client_id, client_name=client.name, reason=reason, actor=actor
                ),
            )
    return found


def recheck_access(*, user: Any = None, client: Client | None = None, reason: str, actor: str | None = None) -> int:
    """Revoke members' access to clients that they may no longer use. Return how many lost a client.

    Pass the member, the client or both whose groups or status just changed. Call it in the same transaction.
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
    """End everything this member has at any client, because they are disabled or about to be deleted."""
    with transaction.atomic():
        return sum(
            revoke_access(user=member, client=client, reason=reason, actor=actor)
            for member, client in _holders({"user": user})
        )


def revoke_consent(*, user: Any, client: Client, actor: str | None = None) -> bool:
    """Revoke consent and with it everything the client was given. Return whether there was consent."""
    with transaction.atomic():
        deleted, _rows = Consent.objects.filter(user=user, client=client).delete()
        if not deleted:
            return False
        end_sessions_at(user=user, client=client)
        consent_revoked.send(
            sender=Consent,
            event=ConsentRevoked(user=str(user.pk), client=client.client_id, client_name=client.name, actor=actor),
        )
    return True


def _holders(given: dict[str, Any]) -> list[tuple[Any, Client]]:
    """Return pairs of member and client that share a session, a valid token, a code or an approved device."""
    at = {"client" if name == "application" else name: value for name, value in given.items()}
    pairs: set[tuple[Any, Any]] = set()
    for sessions in (
        ClientSession.objects.filter(ended_at=None, **at),
        DeviceGrant.objects.filter(status=DeviceGrant.AUTHORIZED, redeemed_at=None, **at),
    ):
        pairs.update(sessions.values_list("user", "client").distinct())
    for tokens in (
        Grant.objects.filter(used_at=None, revoked_at=None, **given),
        RefreshToken.objects.filter(revoked=None, **given),
        AccessToken.objects.filter(revoked=None, **given),
    ):
        pairs.update(tokens.values_list("user", "application").distinct())
    members = get_user_model()._default_manager.in_bulk({user for user, _client in pairs if user is not None})
    clients = Client.objects.in_bulk({client for _user, client in pairs if client is not None})
    # A fixed order, so that two transactions don't wait for each other.
    known = sorted((pair for pair in pairs if None not in pair), key=str)
    return [(members[user], clients[client]) for user, client in known if user in members and client in clients]
