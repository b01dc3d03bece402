"""Rules for callback URIs and their comparison with requested ones (RFC 6749 §3.1.2, RFC 8252 §7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..exceptions import InvalidRedirectUri

MAX_LENGTH: Final = 2000

# Browsers run or handle these schemes themselves; a callback would give the code to a page.
FORBIDDEN_SCHEMES: Final = frozenset(
    [
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "filesystem",
        "ws",
        "wss",
        "ftp",
        "mailto",
        "view-source",
    ]
)

# RFC 3986 without "#" (no fragments), backslash (browsers rewrite it), and characters that must be escaped.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HOST = re.compile(r"(?P<host>[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK = re.compile(
    r"http://(?P<host>127\.0\.0\.1|\[::1\])(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?", flags=re.ASCII
)


def validate_callback_url(uri: str) -> None:
    """Check that the URI can be registered.

    :raises InvalidRedirectUri: it can't; the message says why. A ``*`` is legal in a URI but would never match anything.
    """
    if "*" in uri:
        raise InvalidRedirectUri("Patterns with * aren't supported. Enter each callback URL exactly, one per line.")
    validate_redirect_uri(uri)


def validate_redirect_uri(uri: str) -> None:
    """Check that the URI can be used.

    :raises InvalidRedirectUri: it can't; the message says why.
    """
    if not uri:
        raise InvalidRedirectUri("Enter a callback URL.")
    if len(uri) > MAX_LENGTH:
        raise InvalidRedirectUri(f"A callback URL has at most {MAX_LENGTH} characters.")
    if "#" in uri:
        raise InvalidRedirectUri('A callback URL can\'t have a fragment: leave out the "#" and what follows it.')
    if not _CHARACTERS.fullmatch(uri):
        raise InvalidRedirectUri("A callback URL can't contain spaces, backslashes or other special characters.")
    matched = _SCHEME.match(uri)
    if matched is None:
        raise InvalidRedirectUri("A callback URL starts with a scheme, such as https://.")
    scheme, rest = matched[1].lower(), uri[matched.end() :]
    if scheme in FORBIDDEN_SCHEMES:
        raise InvalidRedirectUri(f'A callback URL can\'t begin with "{scheme}:".')
    if not rest:
        raise InvalidRedirectUri("A callback URL needs an address after its scheme.")
    authority = _authority(rest)
    if authority is not None and "@" in authority:
        raise InvalidRedirectUri("A callback URL can't contain a username or password.")
    if scheme in {"http", "https"}:
        _validate_web_authority(authority)


def _authority(rest: str) -> str | None:
    return re.split(r"[/?]", rest[2:], maxsplit=1)[0] if rest.startswith("//") else None


def _validate_web_authority(authority: str | None) -> None:
    matched = _HOST.fullmatch(authority) if authority else None
    if matched is None:
        raise InvalidRedirectUri("A web callback URL needs a host name, such as https://app.example.com/callback.")
    if matched["port"] is not None and not 1 <= int(matched["port"]) <= 65535:
        raise InvalidRedirectUri("The port of this callback URL is out of range.")


def is_plain_http(uri: str) -> bool:
    """Return whether the URI sends codes unencrypted over a network, so that a form can warn."""
    return uri.lower().startswith("http:") and not _LOOPBACK.fullmatch(uri)


def redirect_uri_matches(requested: str, registered: Iterable[str]) -> bool:
    """Return whether the requested URI is exactly one of the registered ones.

    Only the port of a loopback IP address may differ (RFC 8252 §7.3). Every character is literal.
    """
    try:
        validate_redirect_uri(requested)
    except InvalidRedirectUri:
        return False
    return any(requested == uri or _same_loopback(requested, uri) for uri in registered)


def _same_loopback(requested: str, registered: str) -> bool:
    left, right = _LOOPBACK.fullmatch(requested), _LOOPBACK.fullmatch(registered)
    return bool(left and right and left["host"] == right["host"] and left["rest"] == right["rest"])
