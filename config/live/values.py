"""The values in force: of the environment, else of the page, else the default.

Each process keeps what the page saved and reads it anew, with one SELECT of a few dozen rows, when it is older than
:data:`FRESH_FOR` seconds. The process that saves forgets at once. Where the table can't be read - before the first
migration, or while the database is away - what was read last stays in force, and the defaults before that.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils.functional import lazy

from .kinds import GivenPicture
from .registry import SETTINGS

logger = logging.getLogger("hearthkey.configuration")

#: Seconds. Two workers differ at most so long.
FRESH_FOR: Final = 2.0


def value(key: str) -> Any:
    """Return the value in force of a key; a picture's is what tells it from another, empty for none.

    :raises KeyError: there is no such key.
    """
    entry = SETTINGS[key]
    given = environment()
    if key in given:
        found = given[key]
        return found.version if isinstance(found, GivenPicture) else found
    rows = _kept.rows()
    if key not in rows:
        return entry.default
    if entry.kind.is_secret:
        return decrypt(rows[key])
    try:
        return entry.kind.load(rows[key])
    except (ValueError, TypeError):
        logger.warning("The stored value of %s can't be used; the default is.", key)
        return entry.default


def setting(key: str) -> Callable[[], Any]:
    """Return a callable for the settings of an app: it returns the value in force whenever it is called."""
    return partial(value, SETTINGS[key].key)


def text(read: Callable[[], str]) -> Any:
    """Return a text for a setting of Django's that may be no callable: it is read each time it is used."""
    return lazy(read, str)()


def environment() -> Mapping[str, Any]:
    """Return the values that the environment fixes."""
    found: Mapping[str, Any] = settings.FIXED_CONFIGURATION
    return found


def encrypt(plain: str) -> str:
    """Return a secret as it is stored.

    :raises ConfigurationError: there is no encryption key.
    """
    return _box().encrypt(plain.encode()).decode()


def decrypt(stored: str) -> str:
    """Return a stored secret, empty when another key encrypted it; the log then says so.

    :raises ConfigurationError: there is no encryption key.
    """
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken:
        logger.error("A stored secret can't be decrypted with this ENCRYPTION_KEY. Enter it again.")
        return ""


def forget() -> None:
    """Read everything anew on the next use: something was saved."""
    _kept.forget()


def keep(rows: Mapping[str, Any]) -> None:
    """Take these rows for what is stored, until :func:`forget`."""
    _kept.keep(rows)


def stored() -> dict[str, Any]:
    """Return what the table holds, from the database itself."""
    return dict(apps.get_model("hearthkey_config", "Setting")._default_manager.values_list("key", "value"))


class Kept:
    """What a process knows of the table. What is old is read anew by one thread, and the others wait for that short read:
    after a quiet night none may go on with last night's values.

    ``read`` returns the rows, or None while they can't be read; ``now`` is a clock that never goes back.
    """

    def __init__(self, read: Callable[[], Mapping[str, Any] | None], now: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._now = now
        self._rows: Mapping[str, Any] | None = None
        self._last: Mapping[str, Any] = {}
        self._until = 0.0
        self._generation = 0
        self._lock = threading.Lock()

    def rows(self) -> Mapping[str, Any]:
        rows = self._rows
        if rows is not None and self._now() < self._until:
            return rows
        if not apps.models_ready:
            return self._last
        with self._lock:
            return self._read_anew()

    def forget(self) -> None:
        self._generation += 1
        self._rows = None

    def keep(self, rows: Mapping[str, Any]) -> None:
        self._generation += 1
        self._rows = self._last = rows
        self._until = math.inf

    def _read_anew(self) -> Mapping[str, Any]:
        if self._rows is not None and self._now() < self._until:
            return self._rows
        generation = self._generation
        found = self._read()
        rows = self._last if found is None else found
        if generation == self._generation:
            # Else somebody saved meanwhile, and these may be the rows of before.
            self._rows = self._last = rows
            self._until = self._now() + FRESH_FOR
        return rows


def stored_or_none() -> Mapping[str, Any] | None:
    """Return what the table holds, or None where it can't be read; the caller's transaction survives that."""
    if _there_is_no_database_yet():
        return None
    # A missing table would spoil the transaction on PostgreSQL. Once it was read, it is there for good.
    careful = connection.in_atomic_block and not _seen
    try:
        with transaction.atomic() if careful else nullcontext():
            found = stored()
    except Error:
        return None
    _seen.add("table")
    return found


def _there_is_no_database_yet() -> bool:
    """Connecting to SQLite makes the file, and commands that need no database must leave nothing behind."""
    if connection.vendor != "sqlite" or connection.connection is not None:
        return False
    return not Path(str(connection.settings_dict["NAME"])).exists()


def _box() -> MultiFernet:
    keys: list[str] = settings.HEARTHKEY_CONFIGURATION_ENCRYPTION_KEYS()
    return MultiFernet([Fernet(key) for key in keys])


_seen: set[str] = set()
_kept = Kept(stored_or_none)
