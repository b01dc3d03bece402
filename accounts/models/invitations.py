"""Links by which newcomers make their own account, and who came by them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Invitation(models.Model):
    """A sign-up link. Only the token's SHA-256 digest (hex) is stored.

    ``uses`` counts accounts that were made, ``max_uses`` is the limit; a constraint keeps one below the other,
    whatever the code does.
    """

    class State(models.TextChoices):
        LIVE = "live", _("active")
        USED_UP = "used_up", _("used up")
        EXPIRED = "expired", _("expired")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    groups = models.ManyToManyField(Group, verbose_name=_("groups"), blank=True, related_name="+")
    max_uses = models.PositiveSmallIntegerField(_("maximum number of accounts"), default=1)
    uses = models.PositiveSmallIntegerField(_("accounts created"), default=0, editable=False)
    works_while_off = models.BooleanField(_("works while sign-up is disabled"), default=False)
    created_by = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), db_index=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("sign-up link")
        verbose_name_plural = _("sign-up links")
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(max_uses__gte=1, max_uses__lte=100), name="hearthkey_invitation_limit_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(uses__lte=models.F("max_uses")), name="hearthkey_invitation_limit_kept"
            ),
        )

    def __str__(self) -> str:
        return self.note or str(self.pk)

    def state_at(self, now: datetime) -> Invitation.State:
        """Return what has become of the link; whether sign-up is open to it is the service's question."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.uses >= self.max_uses:
            return self.State.USED_UP
        return self.State.EXPIRED if self.expires_at <= now else self.State.LIVE


class InvitationUse(models.Model):
    """An account that was made by a link. It outlives the account, nameless, so that the count stays explained."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="made_accounts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="hearthkey_invitation_uses"
    )
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("sign-up link use")
        verbose_name_plural = _("sign-up link uses")
        ordering = ("used_at",)

    def __str__(self) -> str:
        return str(self.pk)
