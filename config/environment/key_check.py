"""Proves, before anything is changed, that the encryption key fits the data."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.db import connection

from . import keys
from .exceptions import ConfigurationError
from .models import KeyCheck


def stored_value() -> str | None:
    """Return the check value that the database holds, or None in a database that has none yet."""
    table = KeyCheck._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return None
    return KeyCheck.objects.values_list("value", flat=True).first()


def verify() -> None:
    """Compare the key with the one that the database was made with.

    :raises ConfigurationError: they differ, or the database has one and this process has none.
    """
    stored = stored_value()
    if stored is None:
        return
    if not settings.ENCRYPTION_KEY_IS_CONFIGURED:
        raise ConfigurationError(
            "The data was made with an encryption key that is missing now. Set ENCRYPTION_KEY to it, or put its file "
            f"back: {settings.DATA_DIR / keys.KEY_FILE}. Nothing was changed."
        )
    if not hmac.compare_digest(stored, keys.check_value(settings.ENCRYPTION_KEY)):
        raise ConfigurationError(
            "ENCRYPTION_KEY does not fit: the data was made with another key. Set the right one. Nothing was changed."
        )


def remember() -> None:
    """Write the check value of this process's key, once per database."""
    KeyCheck.objects.get_or_create(id=1, defaults={"value": keys.check_value(settings.ENCRYPTION_KEY)})
