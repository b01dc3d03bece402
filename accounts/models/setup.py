"""How far the first-run wizard is."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Setup(models.Model):
    """The singleton that says that the first-run wizard is over for ever. Written with the first administrator."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    completed_at = models.DateTimeField(default=timezone.now)
    administrator_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("first-run setup")
        verbose_name_plural = _("first-run setup")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="hearthkey_setup_is_singleton"),)

    def __str__(self) -> str:
        return str(self.completed_at)


class SetupWindow(models.Model):
    """The singleton that says when the service was last started, while set-up is still open."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("setup window")
        verbose_name_plural = _("setup window")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="hearthkey_setup_window_is_singleton"),)

    def __str__(self) -> str:
        return str(self.opened_at)
