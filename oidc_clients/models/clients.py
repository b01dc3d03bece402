"""Registered relying parties."""

from __future__ import annotations

import uuid
from typing import Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from ..exceptions import InvalidRedirectUri
from ..protocol.client_rules import MAX_LIFETIME, MIN_LIFETIME, refusals_of
from ..protocol.redirect_uri import validate_callback_url

MAX_CALLBACK_URLS: Final = 100


class Client(AbstractApplication):
    """A registered relying party.

    An empty ``authentication_method`` allows any method that the client has credentials for. ``refresh_token_lifetime``
    is how long an unused refresh token stays valid. A lifetime of None means the app's default.
    """

    class AuthenticationMethod(models.TextChoices):
        BASIC = "client_secret_basic", _("Secret in the header (client_secret_basic)")
        POST = "client_secret_post", _("Secret in the form (client_secret_post)")
        PRIVATE_KEY = "private_key_jwt", _("Signed assertion (private_key_jwt)")

    class AccessTokenFormat(models.TextChoices):
        OPAQUE = "opaque", _("Opaque")
        JWT = "jwt", _("Signed (JWT, RFC 9068)")

    # The inherited owner would cascade, the inherited secret would be a second one, and one grant type is too few.
    user = None
    client_secret = None
    hash_client_secret = None
    allowed_origins = None
    authorization_grant_type = None

    client_id = models.CharField(_("client ID"), max_length=128, unique=True)
    name = models.CharField(_("name"), max_length=50)
    description = models.CharField(_("description"), max_length=150, blank=True)
    launch_url = models.CharField(_("launch URL"), max_length=2000, blank=True)
    redirect_uris = models.JSONField(_("callback URLs"), default=list, blank=True)
    post_logout_redirect_uris = models.JSONField(_("logout callback URLs"), default=list, blank=True)
    pkce_required = models.BooleanField(_("require PKCE"), default=False)
    requires_fresh_passkey = models.BooleanField(_("require fresh passkey"), default=False)
    issues_refresh_tokens = models.BooleanField(_("issue refresh tokens"), default=True)
    is_restricted = models.BooleanField(_("restricted"), default=True)
    allowed_groups = models.ManyToManyField(Group, blank=True, verbose_name=_("allowed groups"), related_name="+")
    allows_device_grant = models.BooleanField(_("allow sign-in on devices"), default=True)
    requires_par = models.BooleanField(_("require pushed requests"), default=False)
    authentication_method = models.CharField(
        _("client authentication"), max_length=32, choices=AuthenticationMethod, default="", blank=True
    )
    jwks = models.JSONField(_("public keys"), null=True, blank=True)
    jwks_uri = models.CharField(_("public keys URL"), max_length=2000, blank=True)
    backchannel_logout_uri = models.CharField(_("back-channel logout URL"), max_length=2000, blank=True)
    is_on_own_network = models.BooleanField(_("on my network"), default=False)
    access_token_format = models.CharField(
        _("access token"), max_length=8, choices=AccessTokenFormat, default=AccessTokenFormat.OPAQUE
    )
    access_token_lifetime = models.DurationField(_("access token lifetime"), null=True, blank=True)
    refresh_token_lifetime = models.DurationField(_("refresh token lifetime"), null=True, blank=True)

    class Meta:
        verbose_name = _("OIDC client")
        verbose_name_plural = _("OIDC clients")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(access_token_lifetime=None)
                | models.Q(access_token_lifetime__range=(MIN_LIFETIME, MAX_LIFETIME)),
                name="hearthkey_client_access_token_lifetime",
            ),
            models.CheckConstraint(
                condition=models.Q(refresh_token_lifetime=None)
                | models.Q(refresh_token_lifetime__range=(MIN_LIFETIME, MAX_LIFETIME)),
                name="hearthkey_client_refresh_token_lifetime",
            ),
        )

    def __str__(self) -> str:
        return str(self.name)

    def clean(self) -> None:
        """Validate with the rules of this app. The inherited method expects other types and fields.

        :raises ValidationError: all errors, by field.
        """
        refusals = {
            name: reasons
            for name in ("redirect_uris", "post_logout_redirect_uris")
            if (reasons := _refusals(getattr(self, name)))
        }
        if not self.redirect_uris and "redirect_uris" not in refusals:
            refusals["redirect_uris"] = [_("Enter at least one callback URL.")]
        for refusal in refusals_of(self):
            refusals.setdefault(str(refusal.field), []).append(refusal.message)
        if refusals:
            raise ValidationError(refusals)

    def get_absolute_url(self) -> str:
        """Return the URL that opens the app, or an empty string."""
        return self.launch_url

    @property
    def is_public(self) -> bool:
        return bool(self.client_type == self.CLIENT_PUBLIC)

    @property
    def takes_secrets(self) -> bool:
        """Return whether the client authenticates with a secret."""
        return not self.is_public and self.authentication_method != self.AuthenticationMethod.PRIVATE_KEY


def _refusals(urls: object) -> list[str | Promise]:
    """Return the errors in a list of callback URLs."""
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        return [_("Enter a list of URLs.")]
    if len(urls) > MAX_CALLBACK_URLS:
        return [_("A client has at most %(most)d of these URLs.") % {"most": MAX_CALLBACK_URLS}]
    reasons: list[str | Promise] = []
    for url in urls:
        try:
            validate_callback_url(url)
        except InvalidRedirectUri as error:
            reasons.append(f"{url!a}: {error.message}")
    return reasons


class ClientLogo(models.Model):
    """A client's logo, re-encoded before it is stored. It has its own table so that frequent queries don't load it."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    data = models.BinaryField()
    content_type = models.CharField(max_length=32)
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("client logo")
        verbose_name_plural = _("client logos")

    def __str__(self) -> str:
        return str(self.client_id)


class ClientSecret(models.Model):
    """One of a client's secrets. Only the SHA-256 digest (hex) is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64)
    prefix = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("client secret")
        verbose_name_plural = _("client secrets")

    def __str__(self) -> str:
        return f"{self.prefix}…"


class ClientKeySet(models.Model):
    """The public keys last fetched from a client's ``jwks_uri``."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, primary_key=True, related_name="fetched_keys")
    uri = models.CharField(max_length=2000)
    keys = models.JSONField(default=list)
    fetched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("client key set")
        verbose_name_plural = _("client key sets")

    def __str__(self) -> str:
        return self.uri


class ClientAssertion(models.Model):
    """A client assertion that was used. Its ``jti`` is accepted once; the digest is SHA-256 (hex)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    jti_digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("client assertion")
        verbose_name_plural = _("client assertions")
        constraints = (
            models.UniqueConstraint(fields=("client", "jti_digest"), name="hearthkey_client_assertion_once"),
        )

    def __str__(self) -> str:
        return self.jti_digest
