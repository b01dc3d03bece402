"""Keeping the file fresh.

MaxMind permits thirty downloads a day. What counts them lies beside the file, so a restart does not begin anew; it is
written before a request goes out, so a crash does not forget one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import re
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext as _

from . import archive, conf, database, state
from . import source as sources
from .exceptions import GeoIPError
from .exchange import Resolver, fetch
from .source import Source
from .state import State

logger = logging.getLogger("hearthkey.geoip")

MAX_AGE: Final = timedelta(days=14)
#: Tries in 24 hours. Each asks for a checksum and a file, so MaxMind sees twenty requests at most.
TRIES_A_DAY: Final = 10
_DAY: Final = 86400.0
_FIRST_PAUSE: Final = 600.0
_LONGEST_PAUSE: Final = 6 * 3600.0
_LONGEST_ASKED_PAUSE: Final = 7 * _DAY
#: A file from further in the future than this was written by a clock that was wrong.
_SKEW: Final = _DAY
_LEFTOVER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for everything, seconds between two pieces of the answer."""

    seconds: float = 540.0
    patience: float = 30.0


def refresh(*, now: datetime, limits: Limits = Limits(), resolve: Resolver = socket.getaddrinfo) -> str:
    """Download the file when it is missing, damaged or older than 14 days; return what was done, for the operator.

    :raises GeoIPError: it could not be had. The file that is there stays, and the next try waits for a while.
    """
    path, source, at = conf.path(), sources.current(), now.timestamp()
    if path is None or source is None:
        return _("Nothing is to be downloaded.")
    database.require_library()
    before = state.read(path)
    if before.source != source.fingerprint:
        # Another key or address is tried at once. The licence counts on.
        before = State(source=source.fingerprint, attempts=before.attempts)
    if is_fresh(path, at):
        if before.code:
            state.write(path, dataclasses.replace(before, failures=0, not_before=0.0, code="", message=""))
        return _("The file is fresh.")
    if at < (begin_at := _earliest(before, at)):
        return _("The next try is at %(time)s UTC.") % {"time": datetime.fromtimestamp(begin_at, UTC).strftime("%H:%M")}
    return _try(path, source, before, at=at, limits=limits, resolve=resolve)


def is_fresh(path: Path, at: float) -> bool:
    """Return whether the file can be read and is not older than 14 days; ``at`` is in seconds since the epoch."""
    try:
        age = at - path.stat().st_mtime
    except OSError:
        return False
    return -_SKEW <= age < MAX_AGE.total_seconds() and database.is_whole(path)


def _earliest(before: State, at: float) -> float:
    """Return when the next try may begin."""
    recent = [tried for tried in before.attempts if at - _DAY < tried]
    free_at = recent[-TRIES_A_DAY] + _DAY if len(recent) >= TRIES_A_DAY else 0.0
    # A clock that went back must not stop it for years.
    return max(free_at, min(before.not_before, at + _LONGEST_ASKED_PAUSE))


def _try(path: Path, source: Source, before: State, *, at: float, limits: Limits, resolve: Resolver) -> str:
    attempts = (*(tried for tried in before.attempts if at - _DAY < tried <= at), at)
    before = dataclasses.replace(before, attempts=attempts)
    state.write(path, before)
    try:
        checksum, done = _renew(path, source, before, limits=limits, resolve=resolve)
    except GeoIPError as error:
        failures = before.failures + 1
        not_before = at + _pause(error, failures)
        failed = dataclasses.replace(
            before, failures=failures, not_before=not_before, code=error.code, message=error.message
        )
        state.write(path, failed)
        logger.warning("Places could not be refreshed: %s", error.message)
        raise
    state.write(path, State(source=source.fingerprint, attempts=attempts, checksum=checksum))
    logger.info("Places were refreshed from %s: %s", source.host, done)
    return done


def _pause(error: GeoIPError, failures: int) -> float:
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(failures - 1, 10)))
    if error.code == "too_many_requests":
        pause = _LONGEST_PAUSE  # the day's downloads are used up
    pause *= 1 + secrets.randbelow(201) / 1000  # so that replicas spread
    return max(pause, min(error.retry_after, _LONGEST_ASKED_PAUSE))


def _renew(path: Path, source: Source, before: State, *, limits: Limits, resolve: Resolver) -> tuple[str, str]:
    """Put a new file in the old one's place and return its archive's SHA-256 in hex, and what was done."""
    ends_at = time.monotonic() + limits.seconds
    _remove_leftovers(path)
    with _disk(path), _part(path) as packed, _part(path) as unpacked:
        expected = _checksum(source, ends_at=ends_at, limits=limits, resolve=resolve)
        if expected and expected == before.checksum and database.is_whole(path):
            os.utime(path)
            return expected, _("There is no newer file.")
        found = hashlib.sha256()

        def take(piece: bytes) -> None:
            found.update(piece)
            with _disk(path):  # or it would be taken for an error of the connection
                packed.write(piece)

        fetch(
            source.archive,
            take=take,
            limit=archive.LARGEST,
            ends_at=ends_at,
            patience=limits.patience,
            resolve=resolve,
        )
        if expected and found.hexdigest() != expected:
            raise GeoIPError("wrong_checksum", f"What {source.host} sent does not match its checksum.")
        packed.flush()
        archive.unpack(Path(packed.name), unpacked)
        unpacked.flush()
        os.fsync(unpacked.fileno())
        database.open_checked(Path(unpacked.name)).close()
        os.replace(unpacked.name, path)
    return found.hexdigest(), _("A new file is in place.")


def _checksum(source: Source, *, ends_at: float, limits: Limits, resolve: Resolver) -> str:
    """Return the SHA-256 in hex that the archive should have; empty where another source has none.

    :raises GeoIPError: it can't be had.
    """
    text = bytearray()
    try:
        fetch(
            source.checksum,
            take=text.extend,
            limit=64 * 1024,
            ends_at=ends_at,
            patience=limits.patience,
            resolve=resolve,
        )
    except GeoIPError as error:
        if source.must_check or error.code != "not_found":
            raise
        return ""
    found = re.match(rb"\s*([0-9a-fA-F]{64})\b", text)
    if found is not None:
        return found[1].decode().lower()
    if source.must_check:
        raise GeoIPError("bad_checksum", f"{source.host} sent something that is no checksum.")
    return ""  # a page that says "not found", with status 200


@contextmanager
def _part(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file in the same folder, which is gone at the end unless it was moved."""
    with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=".part", dir=path.parent, delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GeoIPError("disk", f"The file can't be written in {path.parent} ({error.strerror}).") from None


def _remove_leftovers(path: Path) -> None:
    """Remove what a process that was killed left behind."""
    for left in path.parent.glob(f".{path.name}.*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFTOVER:
                left.unlink()
