"""Requests to configured servers: public https only, to a verified address, with limits on time and size.

All addresses are checked after DNS, and the connection goes to one of them, so resolving the name again can't lead
elsewhere. Redirects aren't followed; cookies and the environment's proxies aren't used. A private address needs
``allow_private`` (the client is marked as *on my network*) or an entry in ``HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW``;
only there is plain http accepted. Link-local and metadata addresses are never called. Don't use this package for
addresses that came from members or from client registration.

Never call it inside a transaction: the other server decides how long a call takes.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..exceptions import OutboundFailed
from .addresses import Resolver
from .exchange import Exchange

__all__ = ["TIMEOUT", "fetch_json", "post_form"]

#: Seconds for everything: name resolution, connection, TLS, request and answer.
TIMEOUT = 5.0

# Some servers have no better media type for a JSON file. A web page is rejected.
_JSON_TYPES = ("json", "text/plain", "application/octet-stream")


def fetch_json(
    url: str, *, allow_private: bool, resolve: Resolver = socket.getaddrinfo, timeout: float = TIMEOUT
) -> Any:
    """Return the JSON document at ``url``.

    :raises OutboundRefused: the address may not be called.
    :raises OutboundFailed: there is no answer in time, or it isn't 200 with at most 256 KB of JSON.
    """
    headers = {"Accept": "application/json, application/jwk-set+json, */*;q=0.1"}
    with Exchange(url, allow_private=allow_private, resolve=resolve, timeout=timeout) as exchange:
        response = exchange.ask("GET", headers)
        if response.status != 200:
            raise OutboundFailed("bad_status", f"{exchange.host} answered with status {response.status}, not 200.")
        content_type = response.headers.get("Content-Type", "").lower()
        if content_type and not any(known in content_type for known in _JSON_TYPES):
            shown = content_type.partition(";")[0].strip()[:60]
            raise OutboundFailed("bad_content_type", f"{exchange.host} answered with {shown!r}, not with JSON.")
        body = exchange.read(response)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise OutboundFailed("bad_json", f"The answer of {exchange.host} is not JSON.") from None


def post_form(
    url: str,
    *,
    fields: Mapping[str, str],
    allow_private: bool,
    resolve: Resolver = socket.getaddrinfo,
    timeout: float = TIMEOUT,
) -> int:
    """Post ``fields`` as a form to ``url`` and return the status of the answer. The body isn't read.

    :raises OutboundRefused: the address may not be called.
    :raises OutboundFailed: there is no answer in time, or it is a redirect.
    """
    headers = {"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode("ascii")
    with Exchange(url, allow_private=allow_private, resolve=resolve, timeout=timeout) as exchange:
        return exchange.ask("POST", headers, body).status
