"""The operators' pages for clients."""

from __future__ import annotations

from django.contrib import admin
from oauth2_provider import admin as toolkit_admin

from ..models import AccessToken, Client, CustomClaim, Grant, IDToken, LogoutDelivery, RefreshToken, SigningKey
from .clients import ClientAdmin
from .custom_claims import CustomClaimAdmin
from .overviews import LogoutDeliveryAdmin, SigningKeyAdmin

# The toolkit registers whatever model is swapped in; its import must come first, or it would register them again.
assert toolkit_admin  # noqa: S101  # the import itself is the point
for model in (Client, Grant, AccessToken, RefreshToken, IDToken):
    admin.site.unregister(model)

admin.site.register(Client, ClientAdmin)
admin.site.register(CustomClaim, CustomClaimAdmin)
admin.site.register(SigningKey, SigningKeyAdmin)
admin.site.register(LogoutDelivery, LogoutDeliveryAdmin)
