"""Signing keys."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """A key that signs tokens. The private key is encrypted with a key that isn't in the database."""

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
            # If two processes start on an empty database, the second insert fails and reads the first one's key.
            models.UniqueConstraint(
                fields=("state",), condition=models.Q(state="active"), name="hearthkey_signing_key_one_active"
            ),
            models.UniqueConstraint(
                fields=("state",), condition=models.Q(state="next"), name="hearthkey_signing_key_one_next"
            ),
        )

    def __str__(self) -> str:
        return self.kid
