"""The six django-oauth-toolkit models, swapped, and what Hearthkey keeps beside them."""

from __future__ import annotations

import uuid
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SWAPPED = {
    "OAUTH2_PROVIDER_APPLICATION_MODEL": "hearthkey_oidc_clients.Client",
    "OAUTH2_PROVIDER_GRANT_MODEL": "hearthkey_oidc_clients.Grant",
    "OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL": "hearthkey_oidc_clients.AccessToken",
    "OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL": "hearthkey_oidc_clients.RefreshToken",
    "OAUTH2_PROVIDER_ID_TOKEN_MODEL": "hearthkey_oidc_clients.IDToken",
    "OAUTH2_PROVIDER_DEVICE_GRANT_MODEL": "hearthkey_oidc_clients.DeviceGrant",
}
# Without these lines a site would meet forty system-check errors that name none of them, so the import says it itself.
if any(getattr(settings, name, None) != model for name, model in SWAPPED.items()):
    raise ImproperlyConfigured(
        "hearthkey.oidc_clients brings its own models for django-oauth-toolkit. Put these six lines into your settings "
        "before the first migration (a site that already migrated oauth2_provider with its own models can't add this "
        "app):\n\n" + "\n".join(f'{name} = "{model}"' for name, model in SWAPPED.items())
    )

from oauth2_provider.models import (  # noqa: E402  # its module needs the settings that were checked above
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from .exceptions import InvalidRedirectUri  # noqa: E402
from .protocol.client_rules import MAX_LIFETIME, MIN_LIFETIME, refusals_of  # noqa: E402
from .protocol.redirect_uri import validate_redirect_uri  # noqa: E402

MAX_CALLBACK_URLS: Final = 100


class Client(AbstractApplication):
    """A registered relying party.

    ``authentication_method`` is empty where any method that the client has the means for will do.
    ``refresh_token_lifetime`` is how long a refresh token may lie unused; a lifetime of None is the app's setting.
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
    requires_fresh_passkey = models.BooleanField(_("requires fresh passkey"), default=False)
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
        """Judge the client by the rules of this app; the inherited method expects texts and other fields.

        :raises ValidationError: by field, with every reason.
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
        """Where members open the app; empty when nobody said."""
        return self.launch_url

    @property
    def is_public(self) -> bool:
        return bool(self.client_type == self.CLIENT_PUBLIC)

    @property
    def takes_secrets(self) -> bool:
        """Whether a secret proves that a request is this client's."""
        return not self.is_public and self.authentication_method != self.AuthenticationMethod.PRIVATE_KEY


def _refusals(urls: object) -> list[str | Promise]:
    """Why this is no list of callback URLs; empty when it is one."""
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        return [_("Enter a list of URLs.")]
    if len(urls) > MAX_CALLBACK_URLS:
        return [_("A client has at most %(most)d of these URLs.") % {"most": MAX_CALLBACK_URLS}]
    reasons: list[str | Promise] = []
    for url in urls:
        try:
            validate_redirect_uri(url)
        except InvalidRedirectUri as error:
            reasons.append(f"{url!a}: {error.message}")
    return reasons


class ClientLogo(models.Model):
    """A client's logo, written anew before it is stored. It has a row of its own, so that no hot path loads it."""

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
    """The public keys that were last fetched from a client's ``jwks_uri``."""

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
    """A client assertion that was used. Its ``jti`` counts once; the digest is SHA-256 (hex)."""

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


class ClientSession(models.Model):
    """A member's sign-in at a client: what ``sid`` names there, and whether it still stands.

    ``sid`` is the id of the session in which the member authorized the client; a device grant has a sid of its own.
    The row carries its own end, so that removing expired sessions decides nothing: ``signed_out_at`` ends what was not
    granted ``offline_access``, ``ended_at`` ends all of it.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", _("Browser")
        DEVICE = "device", _("Device")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    sid = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.BROWSER)
    started_at = models.DateTimeField(default=timezone.now)
    authorized_at = models.DateTimeField(default=timezone.now)
    signed_out_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("client session")
        verbose_name_plural = _("client sessions")
        constraints = (
            models.UniqueConstraint(fields=("client", "user", "sid"), name="hearthkey_client_session_sid_once"),
        )
        indexes = (models.Index(fields=("sid",), name="hearthkey_client_session_sid"),)

    def __str__(self) -> str:
        return str(self.id)


class Grant(AbstractGrant):
    """An authorization code; ``code`` holds its SHA-256 digest (hex).

    The row outlives its redemption: ``used_at`` is what the one conditional update decides on, and ``token_family``
    is what a replay revokes. ``revoked_at`` is set where something ended what the code stood for before it was redeemed.
    """

    nonce = models.TextField(blank=True, default="")
    token_family = models.UUIDField(default=uuid.uuid4, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    by_consent = models.BooleanField(default=False)
    auth_time = models.BigIntegerField(null=True, blank=True)
    acr = models.CharField(max_length=64, blank=True)
    amr = models.JSONField(default=list, blank=True)
    sid = models.CharField(max_length=64, blank=True)
    client_session = models.ForeignKey(ClientSession, on_delete=models.CASCADE, null=True, related_name="+")
    claims = models.JSONField(null=True, blank=True)


class AccessToken(AbstractAccessToken):
    """An access token; only its checksum is stored, ``token`` stays empty."""

    token_family = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    by_consent = models.BooleanField(default=False)
    sid = models.CharField(max_length=64, blank=True)
    client_session = models.ForeignKey(ClientSession, on_delete=models.CASCADE, null=True, related_name="+")
    claims = models.JSONField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractAccessToken.Meta):
        constraints = (
            models.CheckConstraint(condition=models.Q(token=""), name="hearthkey_access_token_is_not_stored"),
        )


class RefreshToken(AbstractRefreshToken):
    """A refresh token; only its checksum is stored, ``token`` stays empty.

    ``rotated_at`` is set by the one conditional update that decides who refreshes; ``revoked`` by whatever ended the
    family. The successor is found through its access token's ``source_refresh_token``, which is unique: a family can't
    fork.
    """

    scope = models.TextField(blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    grace_answer = models.TextField(blank=True)
    idle_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by_consent = models.BooleanField(default=False)
    auth_time = models.BigIntegerField(null=True, blank=True)
    acr = models.CharField(max_length=64, blank=True)
    amr = models.JSONField(default=list, blank=True)
    sid = models.CharField(max_length=64, blank=True)
    client_session = models.ForeignKey(ClientSession, on_delete=models.CASCADE, null=True, related_name="+")
    claims = models.JSONField(null=True, blank=True)

    class Meta:
        # The toolkit's pair (checksum, revoked) is not unique while ``revoked`` is null.
        constraints = (
            models.UniqueConstraint(fields=("token_checksum",), name="hearthkey_refresh_token_checksum"),
            models.CheckConstraint(condition=models.Q(token=""), name="hearthkey_refresh_token_is_not_stored"),
        )
        indexes = (models.Index(fields=("token_family",), name="hearthkey_refresh_token_family"),)


class IDToken(AbstractIDToken):
    """Required by django-oauth-toolkit's schema; Hearthkey keeps no ID tokens."""


class DeviceGrant(AbstractDeviceGrant):
    """A device grant (RFC 8628). ``device_code`` holds a SHA-256 digest, ``user_code`` a keyed one (hex).

    ``claimed_by`` is the primary key, as text, of the one member who may see and answer it: who typed the code first.

    ``polled_at`` is the last poll and ``interval`` the seconds that must lie between two; ``redeemed_at`` is what the one
    conditional update of the redemption decides on. What the approving member's session said is copied here.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    client_id = None  # a client's id may be longer than the inherited column, and a deleted client's grants go with it
    claimed_by = models.CharField(max_length=64, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    by_consent = models.BooleanField(default=True)
    auth_time = models.BigIntegerField(null=True, blank=True)
    acr = models.CharField(max_length=64, blank=True)
    amr = models.JSONField(default=list, blank=True)

    class Meta(AbstractDeviceGrant.Meta):
        constraints = (
            models.UniqueConstraint(fields=("device_code",), name="hearthkey_device_grant_device_code"),
            models.UniqueConstraint(fields=("user_code",), name="hearthkey_device_grant_user_code"),
        )


class PushedRequest(models.Model):
    """A pushed authorization request (RFC 9126). ``uri_digest`` is the SHA-256 (hex) of its ``request_uri``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    uri_digest = models.CharField(max_length=64, unique=True)
    parameters = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pushed request")
        verbose_name_plural = _("pushed requests")

    def __str__(self) -> str:
        return str(self.id)


class LogoutDelivery(models.Model):
    """A logout token that a client is to be sent (OpenID Connect Back-Channel Logout). Made anew at each attempt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="logout_deliveries")
    sub = models.CharField(_("member"), max_length=64)
    sid = models.CharField(_("session"), max_length=64)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("logout delivery")
        verbose_name_plural = _("logout deliveries")

    def __str__(self) -> str:
        return str(self.id)


class SigningKey(models.Model):
    """A key that signs ID tokens. The private part is encrypted under a key that is not in the database."""

    class State(models.TextChoices):
        NEXT = "next", _("Published, not yet used")
        ACTIVE = "active", _("In use")
        RETIRED = "retired", _("Retired, still published")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kid = models.CharField(_("key ID"), max_length=64, unique=True)
    algorithm = models.CharField(_("algorithm"), max_length=16, default="RS256")
    private_key = models.TextField()
    public_jwk = models.JSONField(_("public key"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    activated_at = models.DateTimeField(_("in use since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = (
            # Two processes that start on an empty database make one key: the second insert fails and reads the first.
            models.UniqueConstraint(
                fields=("state",), condition=models.Q(state="active"), name="hearthkey_signing_key_one_active"
            ),
            models.UniqueConstraint(
                fields=("state",), condition=models.Q(state="next"), name="hearthkey_signing_key_one_next"
            ),
        )

    def __str__(self) -> str:
        return self.kid


class Consent(models.Model):
    """What a member agreed that a client may see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    scopes = models.JSONField(default=list)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = (models.UniqueConstraint(fields=("user", "client"), name="hearthkey_consent_user_client"),)

    def __str__(self) -> str:
        return f"{self.user_id} → {self.client_id}"


class CustomClaim(models.Model):
    """A claim that an operator made up, for a member or for the members of a group. ``value`` is JSON, or just text."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member"),
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    name = models.CharField(_("name"), max_length=128)
    value = models.TextField(_("value"), blank=True)

    class Meta:
        verbose_name = _("custom claim")
        verbose_name_plural = _("custom claims")
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user=None, group__isnull=False) | models.Q(user__isnull=False, group=None),
                name="hearthkey_custom_claim_one_owner",
            ),
            models.UniqueConstraint(fields=("user", "name"), name="hearthkey_custom_claim_user_name"),
            models.UniqueConstraint(fields=("group", "name"), name="hearthkey_custom_claim_group_name"),
        )

    def __str__(self) -> str:
        return self.name


class Interaction(models.Model):
    """A valid authorization request that waits for its person. Bound to one browser, single use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField()
    browser_digest = models.CharField(max_length=64)
    chosen_user = models.CharField(max_length=64, blank=True)
    arrived_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pending sign-in")
        verbose_name_plural = _("pending sign-ins")

    def __str__(self) -> str:
        return str(self.id)
