"""How long a client's tokens live."""

from __future__ import annotations

from datetime import timedelta

from .. import conf
from ..models import Client


def access_token_lifetime(client: Client) -> timedelta:
    """The client's own, else the app's for its kind of token."""
    if client.access_token_lifetime is not None:
        return client.access_token_lifetime
    is_jwt = client.access_token_format == Client.AccessTokenFormat.JWT
    return conf.jwt_access_token_lifetime() if is_jwt else conf.access_token_lifetime()


def refresh_token_idle(client: Client) -> timedelta:
    """How long a refresh token of the client may lie unused."""
    return client.refresh_token_lifetime or conf.refresh_token_idle()


def refresh_token_absolute(client: Client) -> timedelta:
    """How long a family of the client's refresh tokens lives. Never shorter than one token may lie unused."""
    return max(conf.refresh_token_absolute(), refresh_token_idle(client))
