"""Endpoints and capabilities in one place, for discovery, the administration, the documentation and the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import pkce
from .claims import CLAIMS_BY_SCOPE
from .client_assertion import ALGORITHMS
from .response_mode import ResponseMode
from .scopes import SCOPES

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES: Final = ("authorization_code", "refresh_token", DEVICE_CODE)
PROMPTS: Final = ("none", "login", "consent", "select_account")
SIGNING_ALGORITHM: Final = "RS256"
CONFIDENTIAL_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
ACR_VALUES: Final = ("phr", "0")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: its name in discovery, its URL name, and whether it is also available at the internal URL."""

    metadata_name: str
    url_name: str
    is_internal: bool


ENDPOINTS: Final = (
    Endpoint("authorization_endpoint", "hearthkey_oidc_clients:authorize", is_internal=False),
    Endpoint("token_endpoint", "hearthkey_oidc_clients:token", is_internal=True),
    Endpoint("userinfo_endpoint", "hearthkey_oidc_clients:userinfo", is_internal=True),
    Endpoint("introspection_endpoint", "hearthkey_oidc_clients:introspection", is_internal=True),
    Endpoint("revocation_endpoint", "hearthkey_oidc_clients:revocation", is_internal=True),
    Endpoint("pushed_authorization_request_endpoint", "hearthkey_oidc_clients:par", is_internal=True),
    Endpoint("end_session_endpoint", "hearthkey_oidc_clients:end-session", is_internal=False),
    Endpoint("device_authorization_endpoint", "hearthkey_oidc_clients:device-authorization", is_internal=False),
    Endpoint("jwks_uri", "hearthkey_oidc_clients_wellknown:jwks", is_internal=True),
)

# Only what works. Anything else is answered with an error of the specification.
CAPABILITIES: Final[Mapping[str, Any]] = {
    "scopes_supported": list(SCOPES),
    "response_types_supported": ["code"],
    "response_modes_supported": list(ResponseMode),
    "grant_types_supported": list(GRANT_TYPES),
    "prompt_values_supported": list(PROMPTS),
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": [SIGNING_ALGORITHM],
    "token_endpoint_auth_methods_supported": [*CONFIDENTIAL_METHODS, "none"],
    "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
    "introspection_endpoint_auth_methods_supported": list(CONFIDENTIAL_METHODS),
    "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
    "revocation_endpoint_auth_methods_supported": [*CONFIDENTIAL_METHODS, "none"],
    "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
    "code_challenge_methods_supported": [pkce.METHOD],
    "acr_values_supported": list(ACR_VALUES),
    "claim_types_supported": ["normal"],
    "claims_supported": [
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid"),
        *(name for names in CLAIMS_BY_SCOPE.values() for name in names),
    ],
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "authorization_response_iss_parameter_supported": True,
    "require_pushed_authorization_requests": False,
    "claims_parameter_supported": True,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
}


def provider_metadata(*, issuer: str, address_of: Callable[[Endpoint], str]) -> dict[str, Any]:
    """Return the metadata document of OpenID Connect Discovery §3 and RFC 8414 §2."""
    return {
        "issuer": issuer,
        **{endpoint.metadata_name: address_of(endpoint) for endpoint in ENDPOINTS},
        **CAPABILITIES,
    }
