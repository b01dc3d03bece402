"""Parsing a client's credentials (RFC 6749 §2.3.1, RFC 7521 §4.2). They are verified elsewhere."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote_plus

from .client_assertion import claimed_client_id
from .errors import InvalidClient, InvalidRequest
from .parameters import Parameters

Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_HEADER_LENGTH = 8192


@dataclass(frozen=True, slots=True)
class Credentials:
    """The claimed client. ``secrets`` holds every reading of the one secret that was sent.

    ``endpoint`` is the URL name of the endpoint that received them.
    """

    method: Method
    client_id: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    assertion: str = field(default="", repr=False)
    endpoint: str = ""


def parse_credentials(authorization: str | None, body: Parameters) -> Credentials:
    """Parse the credentials in the Authorization header and the form of a request.

    :raises InvalidRequest: two methods are used at once.
    :raises InvalidClient: there are no credentials, or the method is unknown or malformed.
    """
    client_id, secret = body.get("client_id"), body.get("client_secret")
    if body.get("client_assertion") is not None or body.get("client_assertion_type") is not None:
        if authorization is not None or secret is not None:
            raise InvalidRequest("Use one way of client authentication: the assertion or a secret, not both.")
        return _asserted(client_id, body)
    if authorization is not None:
        if secret is not None:
            raise InvalidRequest("Use one way of client authentication: the header or the form, not both.")
        credentials = _basic(authorization)
        if client_id not in (None, credentials.client_id):
            raise InvalidRequest("The client_id of the header and that of the form differ.")
        return credentials
    if client_id is None:
        raise InvalidClient(reason="no client credentials")
    if secret is None:
        return Credentials("none", client_id)
    return Credentials("client_secret_post", client_id, (secret,))


def _asserted(client_id: str | None, body: Parameters) -> Credentials:
    assertion = body.get("client_assertion")
    if assertion is None or body.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient(f"Send a client_assertion with the client_assertion_type {ASSERTION_TYPE}.")
    # The client is only a claim until the signature is verified with that client's key.
    claimed = claimed_client_id(assertion)
    if client_id not in (None, claimed):
        raise InvalidClient("The client_id of the form and the subject of the assertion differ.")
    return Credentials("private_key_jwt", claimed, assertion=assertion)


def _basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_HEADER_LENGTH:
        raise InvalidClient("Use HTTP Basic for client authentication in the header.", reason="no Basic credentials")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("The Basic credentials are malformed.") from error
    raw_id, colon, raw_secret = decoded.partition(":")
    if not colon or not raw_id or "\x00" in decoded:
        raise InvalidClient("The Basic credentials are malformed.")
    # RFC 6749 says to form-encode both parts, but many clients don't. A secret that decoding would change is tried both
    # ways; neither reading makes a wrong secret right.
    return Credentials(
        "client_secret_basic", unquote_plus(raw_id), tuple(dict.fromkeys((unquote_plus(raw_secret), raw_secret)))
    )
