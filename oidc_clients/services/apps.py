"""A member's apps: what they can open, what they gave consent to, and devices they signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone

from .. import adapters
from ..models import AccessToken, Client, ClientLogo, ClientSession, Consent, RefreshToken
from .access import may_use_client, revoke_access, revoke_consent
from .clients_lookup import is_client_id


@dataclass(frozen=True, slots=True)
class App:
    """A client as a member sees it. ``consent`` is what they agreed to, None if they weren't asked.

    ``is_connected`` means that the client has something the member can revoke: consent, a token or an open session.
    """

    client: Client
    may_use: bool
    is_connected: bool
    has_logo: bool
    last_used_at: datetime | None
    consent: Consent | None

    @property
    def can_be_opened(self) -> bool:
        return self.may_use and bool(self.client.launch_url)


def list_apps(*, user: Any) -> list[App]:
    """Return the clients that this member may use, and those with access to the account, most recently used first.

    It takes two statements for any number of clients. A site's own ``ACCESS`` adapter is called for each restricted
    client.
    """
    consents = {row.client_id: row for row in Consent.objects.filter(user=user)}
    apps = [_app(client, user, consents) for client in _clients(user)]
    return [app for app in apps if app.may_use or app.is_connected]


def find_app(*, user: Any, client_id: str) -> App | None:
    """Return the client with this ID if the member can revoke something there, else None."""
    client = _clients(user).filter(client_id=client_id).first() if is_client_id(client_id) else None
    if client is None:
        return None
    app = _app(client, user, {row.client_id: row for row in Consent.objects.filter(user=user, client=client)})
    return app if app.is_connected else None


def list_devices(*, user: Any) -> QuerySet[ClientSession]:
    """Return the devices this member signed in, newest first, each with ``last_used_at`` and ``has_logo``."""
    refreshed = RefreshToken.objects.filter(client_session=OuterRef("pk")).order_by().values("client_session")
    return (
        ClientSession.objects.filter(_has_tokens(client_session=OuterRef("pk")))
        .filter(user=user, kind=ClientSession.Kind.DEVICE, ended_at=None)
        .select_related("client")
        .annotate(
            last_used_at=Subquery(refreshed.annotate(last=Max("created")).values("last")),
            has_logo=Exists(ClientLogo.objects.filter(client=OuterRef("client"))),
        )
        .order_by("-started_at", "pk")
    )


def disconnect_app(*, user: Any, client: Client) -> bool:
    """Revoke the member's consent to this client, if there is any, and everything else the client has."""
    return revoke_consent(user=user, client=client) or revoke_access(user=user, client=client, reason="disconnected")


def _app(client: Any, user: Any, consents: dict[Any, Consent]) -> App:
    consent = consents.get(client.pk)
    return App(
        client=client,
        may_use=client.may_use if adapters.has_default_access() else may_use_client(user=user, client=client),
        is_connected=consent is not None or client.has_tokens or client.has_session,
        has_logo=client.has_logo,
        last_used_at=client.last_used_at,
        consent=consent,
    )


def _clients(user: Any) -> QuerySet[Client]:
    """Return all clients, annotated and ordered for a member's list."""
    used = ClientSession.objects.filter(user=user, client=OuterRef("pk")).order_by().values("client")
    clients: QuerySet[Client] = Client.objects.annotate(
        may_use=_may_use(user),
        has_tokens=_has_tokens(user=user, application=OuterRef("pk")),
        has_session=Exists(_open_sessions(user).filter(client=OuterRef("pk"))),
        has_logo=Exists(ClientLogo.objects.filter(client=OuterRef("pk"))),
        last_used_at=Subquery(used.annotate(last=Max("authorized_at")).values("last")),
    ).order_by(F("last_used_at").desc(nulls_last=True), "name", "pk")
    return clients


def _open_sessions(user: Any) -> QuerySet[ClientSession]:
    """Return the member's open sessions at clients. Devices are left out, because only their tokens count."""
    return ClientSession.objects.filter(
        user=user, kind=ClientSession.Kind.BROWSER, ended_at=None, signed_out_at=None
    ).order_by()


def _may_use(user: Any) -> Combinable | Q:
    """Return the default of the ``ACCESS`` adapter as a condition in SQL."""
    pairs = Client.allowed_groups.through._default_manager.filter(client=OuterRef("pk"))
    return Q(is_restricted=False) | Q(Exists(pairs.filter(group__in=user.groups.order_by().values("pk"))))


def _has_tokens(**holder: Any) -> Q:
    """Return a condition for clients that have a valid token of this holder."""
    now = timezone.now()
    refresh = RefreshToken.objects.filter(
        revoked=None, rotated_at=None, idle_expires_at__gt=now, expires_at__gt=now, **holder
    )
    access = AccessToken.objects.filter(revoked=None, expires__gt=now, **holder)
    return Q(Exists(refresh)) | Q(Exists(access))
