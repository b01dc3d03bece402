"""What operators saved. A key that is missing here has its default."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Setting(models.Model):
    """One key's value as JSON; a secret's is encrypted, a picture's is its ETag."""

    key = models.CharField("key", max_length=64, primary_key=True)
    value = models.JSONField("value")
    changed_at = models.DateTimeField("changed", default=timezone.now)

    class Meta:
        app_label = "hearthkey_config"
        verbose_name = "setting"
        verbose_name_plural = "application configuration"

    def __str__(self) -> str:
        return self.key


class Picture(models.Model):
    """An image that belongs to the key of a setting, re-encoded and small."""

    key = models.CharField("key", max_length=64, primary_key=True)
    data = models.BinaryField()
    content_type = models.CharField(max_length=32)
    etag = models.CharField(max_length=64)

    class Meta:
        app_label = "hearthkey_config"
        verbose_name = "picture"
        verbose_name_plural = "pictures"

    def __str__(self) -> str:
        return self.key
