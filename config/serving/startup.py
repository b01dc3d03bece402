"""The steps of a start, in order. Each says in one line what is in the way and what helps."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from ..environment import key_check, keys, schema
from ..environment.exceptions import ConfigurationError
from ..live import pictures

logger = logging.getLogger("hearthkey.start")

#: Any number that no other software takes for its advisory lock in the same database.
_MIGRATION_LOCK = 0x4845_4152_5448


def prepare_data_dir() -> None:
    """Make the data folder with mode 0700 when it is missing.

    :raises ConfigurationError: it can't be made or written to.
    """
    folder: Path = settings.DATA_DIR
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except FileExistsError:
        raise ConfigurationError(f"The data folder {folder} is a file. Move it away, or set DATA_DIR.") from None
    except OSError as error:
        owner = f"{os.getuid()}:{os.getgid()}"
        raise ConfigurationError(
            f"The data folder {folder} can't be written to ({error.strerror}). What helps: sudo chown -R {owner} {folder}"
        ) from None


def require_key() -> None:
    """Make sure that there is an encryption key; on SQLite make one and start over with it.

    :raises ConfigurationError: there is none and it can't be made: on PostgreSQL, or for data that had one.
    """
    if settings.ENCRYPTION_KEY_IS_CONFIGURED:
        return
    if connection.vendor != "sqlite":
        raise ConfigurationError(
            "ENCRYPTION_KEY is not set, and with PostgreSQL it must be. What helps: openssl rand -base64 32"
        )
    key_check.verify()
    try:
        path = keys.create_key_file(settings.DATA_DIR)
    except FileExistsError:
        pass
    else:
        logger.warning("Made an encryption key: %s. Keep a copy of it apart from the data.", path)
    connection.close()
    # Every setting that is derived from the key was computed without it.
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  # our own command line, no shell


def require_port() -> None:
    """Make sure that the port is free.

    :raises ConfigurationError: another program has it, or the address is not this computer's.
    """
    host, port = settings.ENVIRONMENT.host, settings.ENVIRONMENT.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} on {host} can't be used ({error.strerror}). "
                f"What helps: stop the other program, or choose another port: PORT={port + 1}"
            ) from None


def migrate() -> None:
    """Bring the database up to date; replicas that start together take turns."""
    with _migration_lock():
        key_check.verify()
        call_command("migrate", interactive=False, verbosity=0)
        key_check.remember()


def collect_static() -> None:
    """Collect the static files, when they changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".fingerprint"
    fingerprint = _static_fingerprint()
    with contextlib.suppress(OSError):
        if stamp.read_text(encoding="ascii") == fingerprint:
            return
    try:
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(fingerprint, encoding="ascii")
    except OSError as error:
        raise ConfigurationError(f"The folder {root} can't be written to ({error.strerror}).") from None


def require_pictures() -> None:
    """Make sure that the logos that the environment names can be shown.

    :raises ConfigurationError: one of them is damaged or too large.
    """
    pictures.require_given_pictures()


def announce_oddities() -> None:
    """Log what an operator should know: settings that do nothing here, risks that were switched on."""
    unused = schema.unused_names()
    if unused:
        logger.warning("These variables do nothing here: %s", ", ".join(unused))
    if (settings.DATA_DIR / "pocket-id.db").exists():
        logger.warning("The data folder holds another product's database, pocket-id.db. It is left alone.")
    if settings.ENVIRONMENT.disable_rate_limiting:
        logger.warning("DISABLE_RATE_LIMITING is on: guessing is not slowed down.")
    if settings.APP_IS_HTTPS and not settings.TRUSTED_PROXIES:
        logger.warning(
            "APP_URL is https and TRUST_PROXY is unset: behind a proxy every visitor has the proxy's address. "
            "If the proxy is on this host or its container network, set TRUST_PROXY=true."
        )


@contextlib.contextmanager
def _migration_lock() -> Iterator[None]:
    if connection.vendor != "postgresql":
        # SQLite serves one instance, and its own write lock covers each migration.
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()
