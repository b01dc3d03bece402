"""The project's own tables: rate limits, the proof of the encryption key, background jobs, the application configuration."""

from __future__ import annotations

from django.db import models

from .jobs.models import Job
from .live.models import Picture, Setting

__all__ = ["Job", "KeyCheck", "Picture", "RateLimit", "Setting"]


class RateLimit(models.Model):
    """One token bucket, kept as the time at which it will be full again (GCRA's theoretical arrival time)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 (hex) of policy and client.")
    full_at = models.FloatField(db_index=True, help_text="Seconds since 1970.")

    class Meta:
        verbose_name = "rate limit"
        verbose_name_plural = "rate limits"

    def __str__(self) -> str:
        return self.key


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
