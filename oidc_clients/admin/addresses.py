"""What an operator copies from here into a client, read from the one table of endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .. import conf
from ..protocol.metadata import ENDPOINTS, Endpoint
from ..views.metadata import address_of

_DISCOVERY = Endpoint("discovery", "hearthkey_oidc_clients_wellknown:discovery", is_internal=False)

# What clients' own settings pages call them. An endpoint without a name here is for machines only.
_LABELS = {
    "authorization_endpoint": gettext_lazy("Authorize URL"),
    "token_endpoint": gettext_lazy("Token URL"),
    "userinfo_endpoint": gettext_lazy("Userinfo URL"),
    "jwks_uri": gettext_lazy("JWKS URL"),
    "end_session_endpoint": gettext_lazy("Logout URL"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """One line of the panel; ``name`` is unique on the page."""

    name: str
    label: str | Promise
    value: str


def provider_addresses() -> list[Address]:
    """Issuer, discovery and every endpoint that works."""
    return [
        Address("issuer", gettext_lazy("Issuer"), conf.issuer()),
        Address("discovery", gettext_lazy("Discovery URL"), address_of(_DISCOVERY)),
        *(
            Address(endpoint.metadata_name, _LABELS[endpoint.metadata_name], address_of(endpoint))
            for endpoint in ENDPOINTS
            if endpoint.metadata_name in _LABELS
        ),
    ]
