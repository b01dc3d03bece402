"""The file of places, read where it lies and opened anew when it changes.

It is read piece by piece, never mapped into memory: who truncates a mapped file kills every process that reads on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import conf
from .exceptions import GeoIPError

try:
    from geoip2.database import MODE_FILE, Reader
    from geoip2.errors import AddressNotFoundError
except ImportError:  # the app works without; HAS_LIBRARY says so
    HAS_LIBRARY = False
else:
    HAS_LIBRARY = True

logger = logging.getLogger("hearthkey.geoip")

#: Seconds between two looks whether the file is another one.
LOOK_EVERY: Final = 2.0
#: Addresses that a file must bear being asked for. Spread, since damage may be anywhere.
_PROBES: Final = tuple(f"{first}.{first}.7.1" for first in range(1, 224, 5))

_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What the file says about one address; empty where it says nothing."""

    country: str
    country_name: str
    city: str


class Database:
    """One file, for every thread of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._inode: int | None = None
        self._signature: _Signature | None = None
        self._looked_at = float("-inf")
        self._problem: GeoIPError | None = None
        self._names: dict[str, str] = {}

    def find(self, address: str) -> Found | None:
        """Return what the file says about ``address``, None when it has no entry or can't be read."""
        with self._lock:
            self._look()
            if self._reader is None:
                return None
            try:
                found = _ask(self._reader, address)
            except Exception as error:  # noqa: BLE001  # a damaged file can fail in any way, and a sign-in must not
                self._note(GeoIPError("damaged", f"The file is damaged ({type(error).__name__})."))
                return None
            if found is not None and found.country_name:
                self._names[found.country] = found.country_name
            return found

    def name_of(self, country: str) -> str | None:
        """Return the name of a country that was found before."""
        return self._names.get(country)

    def problem(self) -> GeoIPError | None:
        """Return why places are not known, or are those of an older file."""
        with self._lock:
            self._look()
            return self._problem

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._drop()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        try:
            status = self.path.stat()
        except OSError as error:
            self._drop()
            self._signature = None
            self._note(_unreadable(error))
            return
        signature = (status.st_ino, status.st_size, status.st_mtime_ns)
        if signature == self._signature:
            return
        try:
            reader = open_checked(self.path)
        except GeoIPError as problem:
            if self._inode == status.st_ino:
                self._drop()  # the very file that is being read was changed under its reader
            # Otherwise the older one, of which the reader still has hold, goes on to serve.
            self._note(problem)
        else:
            self._drop()
            self._reader, self._inode, self._problem = reader, status.st_ino, None
            logger.info("Places are read from %s.", self.path.name)
        self._signature = signature

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = self._inode = None

    def _note(self, problem: GeoIPError) -> None:
        """Keep what is wrong, and log it once."""
        is_news = self._problem is None or self._problem.code != problem.code
        self._problem = problem
        if is_news and problem.code != "missing":
            logger.warning("The file of places can't be used: %s", problem.message)


def require_library() -> None:
    """:raises GeoIPError: the package that reads the file is not installed."""
    if not HAS_LIBRARY:
        raise GeoIPError("no_library", "The Python package geoip2 is not installed. What helps: pip install geoip2")


def is_whole(path: Path) -> bool:
    """Return whether ``path`` can be read and answers."""
    try:
        open_checked(path).close()
    except GeoIPError:
        return False
    return True


def open_checked(path: Path) -> Reader:
    """Return a reader of ``path`` that answered a few questions.

    :raises GeoIPError: there is no library, no file, or no file of cities in it.
    """
    require_library()
    try:
        path.open("rb").close()
    except OSError as error:
        raise _unreadable(error) from None
    try:
        reader = Reader(os.fspath(path), locales=["en"], mode=MODE_FILE)
    except Exception as error:  # noqa: BLE001  # as above
        raise GeoIPError("damaged", f"The file is no database of places ({type(error).__name__}).") from None
    try:
        for address in _PROBES:
            _ask(reader, address)
    except Exception as error:  # noqa: BLE001  # as above
        reader.close()
        raise GeoIPError("damaged", f"The file holds no cities, or is damaged ({type(error).__name__}).") from None
    return reader


def _ask(reader: Reader, address: str) -> Found | None:
    try:
        answer = reader.city(address)
    except AddressNotFoundError:
        return None
    country = answer.country.iso_code or answer.registered_country.iso_code or ""
    name = answer.country.name or (answer.registered_country.name if not answer.country.iso_code else "") or ""
    return Found(str(country), str(name), str(answer.city.name or ""))


def _unreadable(error: OSError) -> GeoIPError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return GeoIPError("missing", "There is no file of places.")
    return GeoIPError("unreadable", f"The file of places can't be read ({error.strerror or type(error).__name__}).")


_current: Database | None = None
_changing = threading.Lock()


def current() -> Database | None:
    """Return the database that the settings name, None where they name none."""
    global _current  # one per process, another one only when the setting changes
    path = conf.path()
    with _changing:
        if _current is not None and _current.path != path:
            _current.close()
            _current = None
        if _current is None and path is not None:
            _current = Database(path)
        return _current


def find(address: str) -> Found | None:
    """Return what the current file says about ``address``."""
    database = current()
    return database.find(address) if database is not None else None


def country_name(country: str, address: str) -> str:
    """Return the name of ``country``, where ``address`` once was, or its code when the file does not know it."""
    database = current()
    if database is None:
        return country
    known = database.name_of(country)
    if known is None:
        database.find(address)
        known = database.name_of(country)
    return known or country
