"""What an operator copies from here into a client, read from the one table of endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .. import conf
from ..protocol.metadata import ENDPOINTS, Endpoint
from ..services.endpoints import address_of

_DISCOVERY = Endpoint("discovery", "hearthkey_oidc_clients_wellknown:discovery", is_internal=False)

# What clients' own settings pages call them.
_LABELS = {
    "authorization_endpoint": gettext_lazy("Authorize URL"),
    "token_endpoint": gettext_lazy("Token URL"),
    "userinfo_endpoint": gettext_lazy("Userinfo URL"),
    "jwks_uri": gettext_lazy("JWKS URL"),
    "end_session_endpoint": gettext_lazy("Logout URL"),
    "device_authorization_endpoint": gettext_lazy("Device authorization URL"),
    "pushed_authorization_request_endpoint": gettext_lazy("Pushed requests URL (PAR)"),
    "introspection_endpoint": gettext_lazy("Introspection URL"),
    "revocation_endpoint": gettext_lazy("Revocation URL"),
}
# Most clients ask for one of these; they find the others by discovery.
_COMMON = frozenset(
    {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"}
)


@dataclass(frozen=True, slots=True)
class Address:
    """One line of the panel; ``name`` is unique on the page, ``is_common`` when many clients ask for it."""

    name: str
    label: str | Promise
    value: str
    is_common: bool = True


def provider_addresses() -> list[Address]:
    """Issuer, discovery and every endpoint that works, the common ones first."""
    endpoints = [
        Address(endpoint.metadata_name, _label(endpoint), address_of(endpoint), endpoint.metadata_name in _COMMON)
        for endpoint in ENDPOINTS
    ]
    return [
        Address("issuer", gettext_lazy("Issuer"), conf.issuer()),
        Address("discovery", gettext_lazy("Discovery URL"), address_of(_DISCOVERY)),
        *sorted(endpoints, key=lambda address: not address.is_common),
    ]


def address_context() -> dict[str, object]:
    """The panel's values for its template."""
    addresses = provider_addresses()
    return {
        "addresses": addresses,
        "has_more_addresses": not all(address.is_common for address in addresses),
    }


def _label(endpoint: Endpoint) -> str | Promise:
    """What people call it; what nobody named yet is called as in discovery."""
    return _LABELS.get(endpoint.metadata_name, endpoint.metadata_name)
