"""Which settings of a client go together, and which URLs of its servers can be registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from ..exceptions import ClientRefused
from .client_keys import checked_key_set

MAX_URL: Final = 2000
MIN_LIFETIME: Final = timedelta(minutes=1)
MAX_LIFETIME: Final = timedelta(days=365)
AUTHENTICATION_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
ACCESS_TOKEN_FORMATS: Final = ("opaque", "jwt")

# RFC 3986 without "#" and without what browsers and servers read differently: backslash, white space and controls.
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")


class Registered(Protocol):
    """A client, or settings for one."""

    @property
    def is_public(self) -> bool: ...
    @property
    def authentication_method(self) -> str: ...
    @property
    def jwks(self) -> Any: ...
    @property
    def jwks_uri(self) -> str: ...
    @property
    def backchannel_logout_uri(self) -> str: ...
    @property
    def is_on_own_network(self) -> bool: ...
    @property
    def access_token_format(self) -> str: ...
    @property
    def access_token_lifetime(self) -> timedelta | None: ...
    @property
    def refresh_token_lifetime(self) -> timedelta | None: ...


def refusals_of(client: Registered) -> list[ClientRefused]:
    """Return all errors in the settings, each with its field."""
    refusals: list[ClientRefused] = []
    for check in CHECKS:
        try:
            check(client)
        except ClientRefused as error:
            refusals.append(error)
    return refusals


def check_choices(client: Registered) -> None:
    if client.authentication_method not in ("", *AUTHENTICATION_METHODS):
        raise ClientRefused(
            f"Choose one of these methods: {', '.join(AUTHENTICATION_METHODS)}.", field="authentication_method"
        )
    if client.access_token_format not in ACCESS_TOKEN_FORMATS:
        raise ClientRefused(
            f"An access token is one of these: {', '.join(ACCESS_TOKEN_FORMATS)}.", field="access_token_format"
        )


def check_backchannel_logout_uri(client: Registered) -> None:
    """Check the URL by OpenID Connect Back-Channel Logout §2.2."""
    if client.backchannel_logout_uri:
        _check_server_url(client.backchannel_logout_uri, "backchannel_logout_uri")
        if client.backchannel_logout_uri.lower().startswith("http:") and not client.is_on_own_network:
            raise ClientRefused(
                'Use https. Plain http is only for a client that is "On my network".', field="backchannel_logout_uri"
            )


def check_jwks_uri(client: Registered) -> None:
    """Check the URL by RFC 7591 §2. It decides which keys are the client's, so it must always be https."""
    if client.jwks_uri:
        _check_server_url(client.jwks_uri, "jwks_uri")
        if not client.jwks_uri.lower().startswith("https:"):
            raise ClientRefused("Use https: whoever answers at this address can act as the client.", field="jwks_uri")


def check_jwks(client: Registered) -> None:
    if client.jwks is not None:
        checked_key_set(client.jwks)
        if client.jwks_uri:
            raise ClientRefused("Paste the keys, or enter their URL: not both.", field="jwks_uri")


def check_authentication(client: Registered) -> None:
    """Check that a public client has no credentials and that a client that signs has keys."""
    has_keys = client.jwks is not None or bool(client.jwks_uri)
    if client.is_public:
        if client.authentication_method:
            raise ClientRefused("A public client has neither secret nor keys.", field="authentication_method")
        if has_keys:
            raise ClientRefused("A public client has no keys.", field="jwks_uri" if client.jwks is None else "jwks")
    elif client.authentication_method == "private_key_jwt" and not has_keys:
        raise ClientRefused("Paste the client's public keys, or enter their URL.", field="jwks")


def check_access_token_lifetime(client: Registered) -> None:
    _check_lifetime(client.access_token_lifetime, "access_token_lifetime")


def check_refresh_token_lifetime(client: Registered) -> None:
    _check_lifetime(client.refresh_token_lifetime, "refresh_token_lifetime")


CHECKS: Final[tuple[Callable[[Registered], None], ...]] = (
    check_choices,
    check_backchannel_logout_uri,
    check_jwks,
    check_jwks_uri,
    check_authentication,
    check_access_token_lifetime,
    check_refresh_token_lifetime,
)


def _check_lifetime(lifetime: Any, field: str) -> None:
    if lifetime is None:
        return
    if not isinstance(lifetime, timedelta) or not MIN_LIFETIME <= lifetime <= MAX_LIFETIME:
        raise ClientRefused("Choose between 1 minute and 365 days.", field=field)
    if lifetime.microseconds:
        raise ClientRefused("Choose whole seconds.", field=field)


def _check_server_url(url: str, field: str) -> None:
    """Check a URL of the client's servers that this provider calls."""
    if len(url) > MAX_URL:
        raise ClientRefused(f"This URL has at most {MAX_URL} characters.", field=field)
    if "#" in url:
        raise ClientRefused('This URL can\'t have a fragment: leave out the "#" and what follows it.', field=field)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if "@" in parts.netloc:
        raise ClientRefused("This URL can't contain a username or password.", field=field)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or not _CHARACTERS.fullmatch(url):
        raise ClientRefused("Enter a web address, such as https://app.example.com/logout.", field=field)
