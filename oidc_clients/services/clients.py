"""Registering, changing and deleting clients."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from ..exceptions import ClientRefused, InvalidRedirectUri
from ..models import MAX_CALLBACK_URLS, Client, ClientLogo
from ..protocol.redirect_uri import validate_redirect_uri
from ..signals import (
    ClientChanged,
    ClientCreated,
    ClientDeleted,
    client_changed,
    client_created,
    client_deleted,
)
from .access import recheck_access
from .client_secrets import add_client_secret, remove_client_secret
from .logos import rewrite_logo, store_logo

MAX_NAME: Final = 50
MAX_DESCRIPTION: Final = 150
MAX_LAUNCH_URL: Final = 2000

CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._-]{2,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What an operator decides about a client; the names are those of the model's fields."""

    name: str
    redirect_uris: Collection[str]
    description: str = ""
    launch_url: str = ""
    post_logout_redirect_uris: Collection[str] = ()
    is_public: bool = False
    pkce_required: bool = False
    requires_fresh_passkey: bool = False
    skip_authorization: bool = False
    issues_refresh_tokens: bool = True
    is_restricted: bool = True
    allowed_groups: Collection[Group] = field(default=())


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """A new client, and its first secret as nothing can show it again; None for a public client."""

    client: Client
    secret: str | None = field(repr=False)


def create_client(
    *,
    settings: ClientSettings,
    actor: Any,
    client_id: str | None = None,
    secret: str | None = None,
    logo: bytes | None = None,
) -> CreatedClient:
    """The registered client with its first secret, which is generated unless ``secret`` supplies it.

    Restricted without groups unless ``settings`` says otherwise: nobody gets in by default. Sends ``client_created`` and,
    for a confidential client, ``client_secret_added``.
    Raises ClientRefused, ClientSecretRefused and LogoRefused; nothing is written then.
    """
    values = checked_settings(settings)
    if client_id is not None and not CLIENT_ID.fullmatch(client_id):
        raise ClientRefused(
            "A client ID has 2 to 128 characters: letters, digits, dots, hyphens and underscores.", field="client_id"
        )
    if secret is not None and settings.is_public:
        raise ClientRefused("A public client has no secret.", field="is_public")
    drawn = None if logo is None else rewrite_logo(upload=logo)
    chosen = client_id or str(uuid.uuid4())
    with transaction.atomic():
        client = _insert(chosen, values)
        client.allowed_groups.set(settings.allowed_groups)
        if drawn is not None:
            store_logo(client=client, logo=drawn)
        client_created.send(
            sender=Client,
            event=ClientCreated(client=client.client_id, client_name=client.name, actor=_key_of(actor)),
        )
        value = None
        if not settings.is_public:
            _row, value = add_client_secret(client=client, actor=actor, supplied=secret)
    return CreatedClient(client=client, secret=value)


def _insert(client_id: str, values: Mapping[str, Any]) -> Client:
    try:
        # The unique constraint decides, so that two requests for one id can't both succeed.
        with transaction.atomic():
            client: Client = Client.objects.create(client_id=client_id, **values)
            return client
    except IntegrityError as error:
        raise ClientRefused("Another client has this client ID.", field="client_id") from error


def change_client(
    *,
    client: Client,
    settings: ClientSettings,
    actor: Any,
    logo: bytes | Literal[False] | None = None,
) -> tuple[str, ...]:
    """The names of the fields that changed. ``logo``: new bytes, False removes it, None keeps it.

    Making a confidential client public removes its secrets. Members who may no longer use it lose their tokens. Sends
    ``client_changed`` when anything changed, and ``client_secret_removed`` for each secret.
    Raises ClientRefused and LogoRefused; nothing is written then.
    """
    values = checked_settings(settings)
    drawn = rewrite_logo(upload=logo) if isinstance(logo, bytes) else None
    with transaction.atomic():
        current = Client.objects.select_for_update().get(pk=client.pk)
        changes: dict[str, Any] = {
            name: _change(getattr(current, name), value)
            for name, value in values.items()
            if getattr(current, name) != value
        }
        for name in changes:
            setattr(current, name, values[name])
        if changes:
            current.save(update_fields=[*changes, "updated"])
        changes |= _set_groups(current, settings.allowed_groups)
        if current.is_public:
            changes |= _remove_secrets(current, actor)
        if drawn is not None or (logo is False and ClientLogo.objects.filter(client=current).exists()):
            store_logo(client=current, logo=drawn)
            changes["logo"] = "changed"
        _tell_change(current, changes, actor)
        if {"allowed_groups", "is_restricted"} & set(changes):
            recheck_access(client=current, reason="client_changed", actor=_key_of(actor))
    client.refresh_from_db()
    return tuple(changes)


def set_client_groups(*, client: Client, groups: Collection[Group], actor: Any) -> bool:
    """Whether the groups that may use a restricted client changed.

    Sends ``client_changed`` when they did; members who may
    no longer use the client lose their tokens.
    """
    with transaction.atomic():
        current = Client.objects.select_for_update().get(pk=client.pk)
        changes = _set_groups(current, groups)
        if not changes:
            return False
        _tell_change(current, changes, actor)
        recheck_access(client=current, reason="client_changed", actor=_key_of(actor))
    return True


def unrestrict_client(*, client: Client, actor: Any) -> bool:
    """Whether the client was restricted until now; every active member may use it from here on.

    Sends ``client_changed`` when it was.
    """
    with transaction.atomic():
        if not Client.objects.filter(pk=client.pk, is_restricted=True).update(is_restricted=False):
            return False
        _tell_change(client, {"is_restricted": _change(True, False)}, actor)
    client.refresh_from_db()
    return True


def delete_client(*, client: Client, actor: Any) -> None:
    """Nothing is left of the client: its codes, tokens, secrets and consents go with it. Sends ``client_deleted``."""
    event = ClientDeleted(client=client.client_id, client_name=client.name, actor=_key_of(actor))
    with transaction.atomic():
        removed, _rows = Client.objects.filter(pk=client.pk).delete()
        if removed:
            client_deleted.send(sender=Client, event=event)


def validate_callback_urls(urls: Iterable[str], *, required: bool, named: str = "redirect_uris") -> list[str]:
    """The URLs as they are registered, without repetitions. Raises ClientRefused, naming each URL that is refused."""
    listed = list(dict.fromkeys(urls))
    refusals = []
    for url in listed:
        try:
            validate_redirect_uri(url)
        except InvalidRedirectUri as error:
            refusals.append(f"{url!a}: {error.message}")
    if refusals:
        raise ClientRefused(" ".join(refusals), field=named)
    if required and not listed:
        raise ClientRefused("Enter at least one callback URL.", field=named)
    if len(listed) > MAX_CALLBACK_URLS:
        raise ClientRefused(f"A client has at most {MAX_CALLBACK_URLS} of these URLs.", field=named)
    return listed


def checked_settings(settings: ClientSettings) -> dict[str, Any]:
    """The settings as the model's columns. Raises ClientRefused, naming the field."""
    name = _one_line(settings.name, "name", MAX_NAME)
    if not name:
        raise ClientRefused("Enter a name.", field="name")
    plain = {item.name: getattr(settings, item.name) for item in fields(settings) if item.name not in _NOT_COLUMNS}
    return {
        **plain,
        "name": name,
        "description": _one_line(settings.description, "description", MAX_DESCRIPTION),
        "launch_url": _launch_url(settings.launch_url),
        "client_type": Client.CLIENT_PUBLIC if settings.is_public else Client.CLIENT_CONFIDENTIAL,
        "redirect_uris": validate_callback_urls(settings.redirect_uris, required=True),
        "post_logout_redirect_uris": validate_callback_urls(
            settings.post_logout_redirect_uris, required=False, named="post_logout_redirect_uris"
        ),
    }


_NOT_COLUMNS: Final = frozenset({"is_public", "allowed_groups"})


def _one_line(text: str, named: str, longest: int) -> str:
    stripped = text.strip()
    if len(stripped) > longest:
        raise ClientRefused(f"At most {longest} characters.", field=named)
    # Control characters would let a name forge lines in logs and consent pages.
    if not stripped.isprintable():
        raise ClientRefused("Use letters, digits, spaces and punctuation on one line.", field=named)
    return stripped


def _launch_url(url: str) -> str:
    url = url.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_web = False
    if not is_web or len(url) > MAX_LAUNCH_URL or not url.isprintable() or set(url) & set(' \\"<>'):
        raise ClientRefused("Enter a web address, such as https://app.example.com/.", field="launch_url")
    return url


def _change(before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after}


def _set_groups(client: Client, groups: Collection[Group]) -> dict[str, Any]:
    """What changed: nothing, or the names of the groups before and after."""
    before = {group.pk: group.name for group in client.allowed_groups.all()}
    after = {group.pk: group.name for group in groups}
    if before.keys() == after.keys():
        return {}
    client.allowed_groups.set(groups)
    return {"allowed_groups": _change(sorted(before.values()), sorted(after.values()))}


def _remove_secrets(client: Client, actor: Any) -> dict[str, Any]:
    """What changed: nothing, or how many secrets there were. Each one's removal is told by itself."""
    removed = sum(
        remove_client_secret(secret=secret, actor=actor) for secret in client.secrets.select_related("client")
    )
    return {"secrets": _change(removed, 0)} if removed else {}


def _tell_change(client: Client, changes: Mapping[str, Any], actor: Any) -> None:
    if changes:
        event = ClientChanged(
            client=client.client_id,
            client_name=client.name,
            fields=tuple(changes),
            changes=changes,
            actor=_key_of(actor),
        )
        client_changed.send(sender=Client, event=event)


def _key_of(actor: Any) -> str | None:
    return None if actor is None else str(actor.pk)
