"""The table that identifies the encryption key."""

from __future__ import annotations

from django.db import models


class KeyCheck(models.Model):
    """The singleton that says which encryption key the data was made with: an HMAC, never the key."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=64)

    class Meta:
        verbose_name = "key check"
        verbose_name_plural = "key checks"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="hearthkey_key_check_is_singleton"),)

    def __str__(self) -> str:
        return "key check"
