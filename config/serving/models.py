"""The table that records where the service can be reached."""

from __future__ import annotations

from django.db import models


class ServedAddress(models.Model):
    """The one row with the ``APP_URL`` that the service was last started with.

    ``checked_at`` is the last time that a probe made sure that rows can be written.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    url = models.CharField(max_length=300)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "served address"
        verbose_name_plural = "served addresses"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="hearthkey_served_address_is_singleton"),)

    def __str__(self) -> str:
        return str(self.url)
