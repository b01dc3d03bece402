"""Codes and tokens. Only digests are stored."""

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
    """An authorization code. ``code`` holds its SHA-256 digest (hex).

    The row outlives its redemption: the single conditional update checks ``used_at``, and a replay revokes
    ``token_family``. ``revoked_at`` is set if the code lost its basis before it was redeemed.
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
    """An access token. Only its checksum is stored; ``token`` stays empty."""

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
    """A refresh token. Only its checksum is stored; ``token`` stays empty.

    ``rotated_at`` is set by the single conditional update that decides which request refreshes; ``revoked`` is set when
    the family ends. The successor is found through its access token's ``source_refresh_token``, which is unique, so a
    family can't fork.
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
        # The toolkit's constraint on (checksum, revoked) isn't unique while ``revoked`` is null.
        constraints = (
            models.UniqueConstraint(fields=("token_checksum",), name="hearthkey_refresh_token_checksum"),
            models.CheckConstraint(condition=models.Q(token=""), name="hearthkey_refresh_token_is_not_stored"),
        )
        indexes = (models.Index(fields=("token_family",), name="hearthkey_refresh_token_family"),)


class IDToken(AbstractIDToken):
    """Required by django-oauth-toolkit's schema. Hearthkey stores no ID tokens."""


class DeviceGrant(AbstractDeviceGrant):
    """A device grant (RFC 8628). ``device_code`` holds a SHA-256 digest, ``user_code`` a keyed digest (hex).

    ``claimed_by`` is the primary key (as text) of the first member who typed the code. Only they may see and answer it.

    ``polled_at`` is the time of the last poll and ``interval`` the minimum number of seconds between polls. The single
    conditional update of the redemption checks ``redeemed_at``. Details of the approving member's session are copied
    here.
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
