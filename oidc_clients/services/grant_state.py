"""What a grant rests on, read along with its row, so that no check costs a statement of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Value
from django.db.models.expressions import Combinable

from .. import adapters
from ..models import Client, ClientSession, Consent, Grant, RefreshToken
from ..protocol.token.state import Standing


def standing_annotations(*, user: str = "user", client: str = "application", prefix: str = "") -> dict[str, Any]:
    """What ``standing_of`` reads from a row whose member and client are reached by these names."""
    consent = Consent.objects.filter(user=OuterRef(user), client=OuterRef(client))
    return {f"{prefix}has_consent": Exists(consent), f"{prefix}in_group": _in_group(user, client)}


def standing_of(
    row: Any,
    *,
    user: Any,
    client: Client,
    client_session: ClientSession | None,
    scopes: Collection[str],
    by_consent: bool,
    prefix: str = "",
) -> Standing:
    """How a grant stands. ``row`` carries ``standing_annotations``; ``scopes`` are those of the whole grant."""
    return Standing(
        member_is_active=user.is_active,
        has_consent=not by_consent or getattr(row, f"{prefix}has_consent"),
        is_allowed=_is_allowed(user, client, getattr(row, f"{prefix}in_group")),
        session_has_ended=client_session is not None and client_session.ended_at is not None,
        session_is_signed_out=client_session is not None and client_session.signed_out_at is not None,
        scopes=tuple(scopes),
    )


def standing_of_grant(row: Grant | RefreshToken, client: Client) -> Standing:
    """How a code or a refresh token stands. ``row`` comes with its member, its client session and the annotations."""
    return standing_of(
        row,
        user=row.user,
        client=client,
        client_session=row.client_session,
        scopes=row.scope.split(),
        by_consent=row.by_consent,
    )


def _is_allowed(user: Any, client: Client, in_group: bool) -> bool:
    if not client.is_restricted:
        return True
    if adapters.has_default_access():
        return in_group
    return adapters.get_access()(user, client_id=client.client_id, allowed_groups=client.allowed_groups.all())


def _in_group(user: str, client: str) -> Combinable:
    """The default of the ``ACCESS`` adapter as part of the row's own query."""
    groups = next((field for field in get_user_model()._meta.many_to_many if field.name == "groups"), None)
    if groups is None or not adapters.has_default_access():
        return Value(False)
    members = groups.related_query_name()
    pairs = Client.allowed_groups.through._default_manager
    return Exists(pairs.filter(client=OuterRef(client), **{f"group__{members}": OuterRef(user)}))
