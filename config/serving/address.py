"""The address in links, also for commands that run without the service's environment."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone

logger = logging.getLogger("hearthkey.start")


def base_url() -> str:
    """Return ``APP_URL``, or if it isn't set in this process, the address that the service was started with.

    ``serve`` passes ``APP_URL`` on to its processes, so only commands started by hand ask the database.
    """
    if settings.APP_URL_IS_SET:
        return str(settings.APP_URL)
    recorded = _rows().values_list("url", flat=True).first()
    if recorded is None or recorded == settings.APP_URL:
        return str(settings.APP_URL)
    logger.warning("APP_URL isn't set here. Using the address that the service was started with: %s", recorded)
    return str(recorded)


def record() -> None:
    """Store this process's ``APP_URL`` for :func:`base_url`."""
    _rows().update_or_create(id=1, defaults={"url": settings.APP_URL})


def touch() -> None:
    """Write the time to the recorded address, which shows whether the database can be written to."""
    _rows().update(checked_at=timezone.now())


def _rows() -> Any:
    # The settings refer to base_url, so this module can't import models.
    return apps.get_model("hearthkey_config", "ServedAddress")._default_manager
