"""Saving what somebody changed on the page, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from oidc_clients.services.logos import Logo

from ..wiring.signals import ConfigurationChanged, configuration_changed
from . import values
from .kinds import Secret
from .models import Setting as Row
from .pictures import store_picture
from .registry import SETTINGS
from .setting import Setting

#: Any number that no other software takes for its advisory lock in the same database.
_LOCK: Final = 0x4845_4152_5449


@dataclass(frozen=True)
class Wanted:
    """What a key shall be, and what the page showed when that was decided; both as JSON.

    A secret is given in clear, and what the page showed of it is not compared. ``logo`` comes with a picture's ETag.
    """

    new: Any
    shown: Any = None
    logo: Logo | None = None


class Overtaken(Exception):
    """Somebody else changed the same fields since the page was shown; nothing was saved. ``current`` is what they hold."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        super().__init__(", ".join(current))
        self.current = current


def save_changes(*, wanted: Mapping[str, Wanted], actor: str | None) -> tuple[str, ...]:
    """Save what differs from what is stored, with one event, and return its keys; other keys stay as they are.

    :raises Overtaken: a field that shall change is no longer what the page showed.
    """
    try:
        with transaction.atomic():
            return _save(wanted, actor)
    finally:
        # After a rollback too: this very thread may have read what is not so after all.
        values.forget()


def current_of(entry: Setting, rows: Mapping[str, Any]) -> Any:
    """Return what a key holds, as JSON."""
    return rows[entry.key] if entry.key in rows else entry.kind.dump(entry.default)


def _save(wanted: Mapping[str, Wanted], actor: str | None) -> tuple[str, ...]:
    if connection.vendor == "postgresql":
        # On SQLite the transaction itself began with the write lock.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    rows = values.stored()
    changes = {key: one for key, one in wanted.items() if _differs(SETTINGS[key], one, rows)}
    overtaken = {key: current_of(SETTINGS[key], rows) for key, one in changes.items() if _is_overtaken(key, one, rows)}
    if overtaken:
        raise Overtaken(overtaken)
    if not changes:
        return ()
    before, after = {}, {}
    for key, one in changes.items():
        entry = SETTINGS[key]
        before[key], after[key] = _told(entry, current_of(entry, rows), one)
        _write(entry, one)
    event = ConfigurationChanged(before=before, after=after, actor=actor)
    configuration_changed.send(sender=Row, event=event)
    transaction.on_commit(values.forget)
    return tuple(changes)


def _differs(entry: Setting, one: Wanted, rows: Mapping[str, Any]) -> bool:
    current = current_of(entry, rows)
    if isinstance(entry.kind, Secret):
        return bool(one.new != (values.decrypt(current) if current else ""))
    return bool(one.new != current)


def _is_overtaken(key: str, one: Wanted, rows: Mapping[str, Any]) -> bool:
    entry = SETTINGS[key]
    return not entry.kind.is_secret and one.shown != current_of(entry, rows)


def _told(entry: Setting, current: Any, one: Wanted) -> tuple[Any, Any]:
    """Return what the event says of a change: of a secret only that there was one."""
    if entry.kind.is_secret:
        return ("set" if current else "not set"), ("changed" if one.new else "removed")
    return current, one.new


def _write(entry: Setting, one: Wanted) -> None:
    if one.logo is not None or (entry.key in _PICTURES and not one.new):
        store_picture(key=entry.key, logo=one.logo)
    if one.new == entry.kind.dump(entry.default):
        Row.objects.filter(pk=entry.key).delete()
        return
    new = values.encrypt(one.new) if entry.kind.is_secret else one.new
    Row.objects.update_or_create(key=entry.key, defaults={"value": new, "changed_at": timezone.now()})


_PICTURES: Final = frozenset({"general.logo_light", "general.logo_dark"})
