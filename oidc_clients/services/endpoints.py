"""Public URLs of the endpoints, from the settings and never from a request."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.urls import reverse

from .. import conf
from ..protocol.metadata import ENDPOINTS, Endpoint

_BY_URL_NAME: Final = {found.url_name: found for found in ENDPOINTS}
_TOKEN: Final = "hearthkey_oidc_clients:token"  # noqa: S105  # a URL's name


def address_of(found: Endpoint) -> str:
    """Return an endpoint's URL, under the issuer or the internal URL."""
    base = urlsplit(conf.internal_url() if found.is_internal else conf.issuer())
    return f"{base.scheme}://{base.netloc}{reverse(found.url_name)}"


def assertion_audiences(asked: str) -> frozenset[str]:
    """Return the accepted audiences of a client assertion: the issuer, the token endpoint, or the endpoint asked.

    RFC 7523 §3 lets clients name the token endpoint, and many send just that.

    :param asked: the URL name of the endpoint that received the assertion.
    """
    named = (_BY_URL_NAME[_TOKEN], _BY_URL_NAME.get(asked))
    return frozenset([conf.issuer(), *(address_of(found) for found in named if found is not None)])
