"""Registering, changing and deleting clients."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from ..exceptions import ClientRefused, InvalidRedirectUri
from ..models import MAX_CALLBACK_URLS, Client, ClientLogo
from ..protocol.client_keys import checked_key_set, key_names
from ..protocol.client_rules import refusals_of
from ..protocol.redirect_uri import validate_callback_url
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
    """An administrator's settings of a client, named like the model's fields.

    ``jwks`` is a JWK set. A lifetime of None means the app's default.
    """

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
    allows_device_grant: bool = True
    requires_par: bool = False
    authentication_method: str = ""
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str = ""
    backchannel_logout_uri: str = ""
    is_on_own_network: bool = False
    access_token_format: str = Client.AccessTokenFormat.OPAQUE.value
    access_token_lifetime: timedelta | None = None
    refresh_token_lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """A new client and its first secret, which can't be shown again.

    The secret is None if the client doesn't use one.
    """

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
    """Register a client with a first secret, which is generated unless ``secret`` is given.

    By default it is restricted and has no groups, so no one can use it. Sends ``client_created`` and, if there is a
    secret, ``client_secret_added``.

    :raises ClientRefused: the settings or the ID are invalid. Nothing is written, here and below.
    :raises ClientSecretRefused: the secret can't be used.
    :raises LogoRefused: the logo can't be used.
    """
    values = checked_settings(settings)
    if client_id is not None and not CLIENT_ID.fullmatch(client_id):
        raise ClientRefused(
            "A client ID has 2 to 128 characters: letters, digits, dots, hyphens and underscores.", field="client_id"
        )
    if secret is not None:
        _check_takes_secrets(settings)
    drawn = None if logo is None else rewrite_logo(upload=logo)
    chosen = client_id or str(uuid.uuid4())
    with transaction.atomic():
        client = _insert(chosen, values)
        client.allowed_groups.set(settings.allowed_groups)
        if drawn is not None:
            store_logo(client=client, logo=drawn)
        client_created.send(
            sender=Client,
            event=ClientCreated(
                client=client.client_id,
                client_name=client.name,
                actor=_key_of(actor),
                is_on_own_network=client.is_on_own_network,
            ),
        )
        value = None
        if client.takes_secrets:
            _row, value = add_client_secret(client=client, actor=actor, supplied=secret)
    return CreatedClient(client=client, secret=value)


def _check_takes_secrets(settings: ClientSettings) -> None:
    if settings.is_public:
        raise ClientRefused("A public client has no secret.", field="is_public")
    if settings.authentication_method == Client.AuthenticationMethod.PRIVATE_KEY:
        raise ClientRefused("A client that signs with its own key has no secret.", field="authentication_method")


def _insert(client_id: str, values: Mapping[str, Any]) -> Client:
    try:
        # The unique constraint decides, so that two requests with the same ID can't both succeed.
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
    """Change a client. Return the names of the changed fields. ``logo``: new bytes, False removes it, None keeps it.

    A client that becomes public loses its secrets. Members who may no longer use the client lose their tokens. Sends
    ``client_changed`` if anything changed, and ``client_secret_removed`` for each secret.

    :raises ClientRefused: the settings are invalid. Nothing is written.
    :raises LogoRefused: the logo can't be used. Nothing is written.
    """
    values = checked_settings(settings)
    drawn = rewrite_logo(upload=logo) if isinstance(logo, bytes) else None
    with transaction.atomic():
        current = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        changes: dict[str, Any] = {
            name: _change(_told(name, getattr(current, name)), _told(name, value))
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
    """Set the groups that may use a restricted client. Return whether they changed.

    Sends ``client_changed`` if they did. Members who may no longer use the client lose their tokens.
    """
    with transaction.atomic():
        current = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        changes = _set_groups(current, groups)
        if not changes:
            return False
        _tell_change(current, changes, actor)
        recheck_access(client=current, reason="client_changed", actor=_key_of(actor))
    return True


def unrestrict_client(*, client: Client, actor: Any) -> bool:
    """Let every active member use the client. Return whether it was restricted.

    Sends ``client_changed`` if it was.
    """
    with transaction.atomic():
        if not Client.objects.filter(pk=client.pk, is_restricted=True).update(is_restricted=False):
            return False
        _tell_change(client, {"is_restricted": _change(True, False)}, actor)
    client.refresh_from_db()
    return True


def delete_client(*, client: Client, actor: Any) -> None:
    """Delete a client with its codes, tokens, secrets and consents. Sends ``client_deleted``."""
    event = ClientDeleted(client=client.client_id, client_name=client.name, actor=_key_of(actor))
    with transaction.atomic():
        # Requests that write rows for this client hold a shared lock on it: wait for them, and let no new one begin.
        held = Client.objects.select_for_update().filter(pk=client.pk).first()
        if held is not None:
            held.delete()
            client_deleted.send(sender=Client, event=event)


def validate_callback_urls(urls: Iterable[str], *, required: bool, named: str = "redirect_uris") -> list[str]:
    """Return the URLs to register, without duplicates.

    :raises ClientRefused: a URL can't be registered; the message names each of them.
    """
    listed = list(dict.fromkeys(urls))
    refusals = []
    for url in listed:
        try:
            validate_callback_url(url)
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
    """Return the settings as values of the model's columns.

    :raises ClientRefused: a setting is invalid; ``field`` names it.
    """
    name = _one_line(settings.name, "name", MAX_NAME)
    if not name:
        raise ClientRefused("Enter a name.", field="name")
    for refusal in refusals_of(settings):
        raise refusal
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
        "jwks": None if settings.jwks is None else checked_key_set(settings.jwks),
    }


_NOT_COLUMNS: Final = frozenset({"is_public", "allowed_groups"})


def _one_line(text: str, named: str, longest: int) -> str:
    stripped = text.strip()
    if len(stripped) > longest:
        raise ClientRefused(f"At most {longest} characters.", field=named)
    # Control characters could forge lines in logs and on consent pages.
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


def _told(name: str, value: Any) -> Any:
    """Return a column's value for JSON: a lifetime in seconds, keys by their IDs."""
    if name == "jwks":
        return key_names(value)
    return int(value.total_seconds()) if isinstance(value, timedelta) else value


def _change(before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after}


def _set_groups(client: Client, groups: Collection[Group]) -> dict[str, Any]:
    """Set the groups. Return the change: empty, or the names before and after."""
    before = {group.pk: group.name for group in client.allowed_groups.all()}
    after = {group.pk: group.name for group in groups}
    if before.keys() == after.keys():
        return {}
    client.allowed_groups.set(groups)
    return {"allowed_groups": _change(sorted(before.values()), sorted(after.values()))}


def _remove_secrets(client: Client, actor: Any) -> dict[str, Any]:
    """Remove all secrets. Return the change: empty, or the number of secrets. Each removal sends its own signal."""
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
