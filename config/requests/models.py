"""The table of rate limits."""

from __future__ import annotations

from django.db import models


class RateLimit(models.Model):
    """One token bucket, kept as the time at which it will be full again (GCRA's theoretical arrival time)."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 (hex) of policy and client.")
    full_at = models.FloatField(db_index=True, help_text="Seconds since 1970.")

    class Meta:
        verbose_name = "rate limit"
        verbose_name_plural = "rate limits"

    def __str__(self) -> str:
        return self.key
