"""Passkeys, the handles under which authenticators know members, ceremonies under way, and what was removed."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import conf
from .core.key_strength import is_weak_cose
from .core.providers import Provider, find_provider


def digest(value: bytes) -> str:
    """Return the SHA-256 of a credential id or a token, in hex."""
    return hashlib.sha256(value).hexdigest()


class PasskeyQuerySet(models.QuerySet["Passkey"]):
    def usable(self) -> Self:
        """Passkeys of the RP ID of today; those of a former domain can sign nobody in."""
        return self.filter(rp_id=conf.rp_id())

    def for_user(self, user_id: object) -> Self:
        """The member's passkeys, the one used last first."""
        return self.filter(user_id=user_id).order_by(
            models.F("last_used_at").desc(nulls_last=True), "-created_at", "pk"
        )


class Passkey(models.Model):
    """A discoverable credential of a member. Fields follow the credential record of WebAuthn L3 §4."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hearthkey_passkeys", verbose_name=_("member")
    )
    name = models.CharField(_("name"), max_length=64)
    credential_id = models.BinaryField(max_length=1023)
    credential_id_sha256 = models.CharField(max_length=64, editable=False)
    public_key = models.BinaryField(help_text=_("COSE_Key; up to 2.6 kB for ML-DSA."))
    algorithm = models.IntegerField(_("algorithm"))
    sign_count = models.BigIntegerField(_("signature counter"), default=0)
    user_verified_at_registration = models.BooleanField(default=False)
    backup_eligible = models.BooleanField(_("can be synced"), default=False)
    backed_up = models.BooleanField(_("synced"), default=False)
    aaguid = models.UUIDField("AAGUID")
    transports = models.JSONField(_("transports"), default=list)
    attachment = models.CharField(_("attachment"), max_length=16, blank=True)
    discoverable = models.BooleanField(_("discoverable"), null=True)
    attestation_format = models.CharField(max_length=32, blank=True)
    rp_id = models.CharField(_("domain"), max_length=253)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    counter_regressed_at = models.DateTimeField(_("counter went back"), null=True, blank=True)

    objects = PasskeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering = ("created_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("credential_id_sha256",), name="hearthkey_passkey_credential_once"),
            models.CheckConstraint(
                condition=models.Q(sign_count__gte=0), name="hearthkey_passkey_counter_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_weak_key(self) -> bool:
        """Whether the key would be refused today. The passkey goes on working; administrators see it."""
        return is_weak_cose(bytes(self.public_key))

    @property
    def provider(self) -> Provider | None:
        """Who made it, as far as its AAGUID says."""
        return find_provider(self.aaguid)


class UserHandle(models.Model):
    """The name under which authenticators keep a member's passkeys: random, so it says nothing about them.

    Written with 64 random bytes; other lengths come from elsewhere (WebAuthn L3 §4 allows 1 to 64).
    Its row is also what writers of the member's passkeys lock.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hearthkey_user_handle", primary_key=True
    )
    handle = models.BinaryField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("user handle")
        verbose_name_plural = _("user handles")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(GreaterThanOrEqual(Length("handle"), 1))
                & models.Q(LessThanOrEqual(Length("handle"), 64)),
                name="hearthkey_user_handle_length",
            ),
        )

    def __str__(self) -> str:
        return bytes(self.handle).hex()


class CeremonyQuerySet(models.QuerySet["Ceremony"]):
    def expired(self, now: datetime) -> Self:
        return self.filter(expires_at__lte=now)


class Ceremony(models.Model):
    """One registration or assertion that was begun. Whoever deletes the row may finish it, nobody else.

    Only digests (SHA-256, hex) of the ceremony's token and of the browser's cookie are stored.
    """

    class Kind(models.TextChoices):
        REGISTER = "register", _("registration")
        SIGN_IN = "sign_in", _("sign-in")
        STEP_UP = "step_up", _("confirmation")
        ENROLLED = "enrolled", _("first use")

    token_digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    challenge = models.BinaryField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    browser_digest = models.CharField(max_length=64)
    algorithms = models.JSONField(default=list)
    user_verification = models.CharField(max_length=16)
    expires_at = models.DateTimeField(db_index=True)

    objects = CeremonyQuerySet.as_manager()

    class Meta:
        verbose_name = _("ceremony")
        verbose_name_plural = _("ceremonies")

    def __str__(self) -> str:
        return self.kind


class SpentEnrolment(models.Model):
    """The name of an enrolment that was good for one passkey, and is spent; its SHA-256 digest (hex)."""

    digest = models.CharField(max_length=64, primary_key=True)
    spent_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("spent enrolment")
        verbose_name_plural = _("spent enrolments")

    def __str__(self) -> str:
        return self.digest


class RemovedCredential(models.Model):
    """A passkey that somebody removed on purpose. Only these may ever be called *removed* to a browser.

    An id that the server merely does not know, after a restored backup for example, must not be: the
    browser's signal would erase a good passkey for good.
    """

    credential_id_sha256 = models.CharField(max_length=64, primary_key=True)
    removed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("removed passkey")
        verbose_name_plural = _("removed passkeys")

    def __str__(self) -> str:
        return self.credential_id_sha256
