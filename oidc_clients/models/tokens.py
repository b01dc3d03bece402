"""Codes and tokens. Of each only a digest is stored."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from .clients import Client
from .sessions import ClientSession


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
