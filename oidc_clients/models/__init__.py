"""The six swapped django-oauth-toolkit models, and Hearthkey's own."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SWAPPED = {
    "OAUTH2_PROVIDER_APPLICATION_MODEL": "hearthkey_oidc_clients.Client",
    "OAUTH2_PROVIDER_GRANT_MODEL": "hearthkey_oidc_clients.Grant",
    "OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL": "hearthkey_oidc_clients.AccessToken",
    "OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL": "hearthkey_oidc_clients.RefreshToken",
    "OAUTH2_PROVIDER_ID_TOKEN_MODEL": "hearthkey_oidc_clients.IDToken",
    "OAUTH2_PROVIDER_DEVICE_GRANT_MODEL": "hearthkey_oidc_clients.DeviceGrant",
}
# Without these settings a site gets forty system-check errors that don't name them, so the import does.
if any(getattr(settings, name, None) != model for name, model in SWAPPED.items()):
    raise ImproperlyConfigured(
        "hearthkey.oidc_clients brings its own models for django-oauth-toolkit. Put these six lines into your settings "
        "before the first migration (a site that already migrated oauth2_provider with its own models can't add this "
        "app):\n\n" + "\n".join(f'{name} = "{model}"' for name, model in SWAPPED.items())
    )

# The toolkit's module needs the settings that were checked above.
from .clients import MAX_CALLBACK_URLS, Client, ClientAssertion, ClientKeySet, ClientLogo, ClientSecret  # noqa: E402
from .keys import SigningKey  # noqa: E402
from .people import Consent, CustomClaim  # noqa: E402
from .requests import Interaction, PushedRequest  # noqa: E402
from .sessions import ClientSession, LogoutDelivery  # noqa: E402
from .tokens import AccessToken, DeviceGrant, Grant, IDToken, RefreshToken  # noqa: E402

__all__ = [
    "AccessToken",
    "Client",
    "ClientAssertion",
    "ClientKeySet",
    "ClientLogo",
    "ClientSecret",
    "ClientSession",
    "Consent",
    "CustomClaim",
    "DeviceGrant",
    "Grant",
    "IDToken",
    "Interaction",
    "LogoutDelivery",
    "MAX_CALLBACK_URLS",
    "PushedRequest",
    "RefreshToken",
    "SWAPPED",
    "SigningKey",
]
