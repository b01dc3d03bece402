"""The session engine: rows in the database, of which the cookie's value is stored nowhere.

``SESSION_ENGINE`` names this module. The key that Django hands to the browser is random; the row is found by its
SHA-256 digest, so that a stolen database signs nobody in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from . import conf
from .adapters import BEGINNING_ENTRY, EPOCH_ENTRY, ask_hold_passkey
from .models import Session, User
from .services.sessions import sign_out
from .services.sweep import BATCH, sweep_sessions

AUTH_ENTRY = "hearthkey_auth"
_COLUMN_LENGTHS = {"method": 16, "passkey": 64, "began": 16, "began_passkey": 64, "address": 45, "user_agent": 500}
_LAST_SEEN_EVERY = timedelta(minutes=1)
_KEY_BYTES = 32


def digest_of(session_key: str) -> str:
    """Return the SHA-256 digest (hex) under which a cookie's value is found."""
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(SessionBase):
    """One browser's session. ``sid`` is the row's primary key as text, the same for the row's whole life."""

    def __init__(self, session_key: str | None = None) -> None:
        self._row_id: str | None = None
        self._demand = ""
        self._basis: _Basis | None = None
        #: Tells the address of the request that this session came with; ``SeenFromMiddleware`` knows it.
        self.seen_from: Callable[[], str] | None = None
        super().__init__(session_key)

    @property
    def sid(self) -> str | None:
        """The public id of this session, or None before it was saved."""
        if self._row_id is None and self.session_key:
            # Reading the id is no reading of the data: it must not make a page vary by cookie.
            before = self.accessed
            self.keys()
            self.accessed = before
        return self._row_id

    @property
    def demand(self) -> str:
        """The digest of the change that waited for an assertion of its own when the session was read, or empty."""
        return self._demand if self.sid else ""

    @property
    def key_salt(self) -> str:
        # The module's path would differ where the app is nested, and with it every session.
        return "hearthkey.accounts.sessions"

    def get_session_cookie_age(self) -> int:
        """Return how long the browser keeps the cookie, in seconds: as long as the session may live at all."""
        return int(conf.session_absolute().total_seconds())

    def load(self) -> dict[str, Any]:
        """Return the session's data, with one SELECT; a session that idled or aged out is empty."""
        key = self.session_key
        row = _rows().filter(key_digest=digest_of(key)).first() if key else None
        now = timezone.now()
        if row is None or row.expires_at <= now or row.last_seen_at + conf.session_idle() <= now or _is_behind(row):
            self._session_key = None
            return {}
        self._basis = _Basis.of(row)
        self._row_id, self._demand = str(row.pk), row.demand
        if row.last_seen_at + _LAST_SEEN_EVERY <= now:
            self._note_use(row, now)
        return self.decode(row.data)

    def _note_use(self, row: Session, now: datetime) -> None:
        """Write down that the session is used. A database that can't be written to must not hinder reading."""
        try:
            Session.objects.filter(pk=row.pk).update(**self._seen(now))
        except OperationalError:
            if connections[Session.objects.db].in_atomic_block:
                raise

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_digest=digest_of(session_key)).exists()

    def create(self) -> None:
        """Make a row with one INSERT; two random keys of 256 bits don't meet."""
        self._session_key = secrets.token_urlsafe(_KEY_BYTES)
        self._row_id = None
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the session with one statement.

        Who is signed in, and by which passkey, is only ever written while the member's counter and the passkey are as they
        were when the sign-in began.

        :raises UpdateError: the row is gone: it was ended meanwhile, and saving must not bring it back. Or what the
            session would rest on is gone.
        :raises CreateError: the key is taken.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # not in the stubs
        columns = self._columns(data)
        columns["data"] = self.encode(data)
        basis = _Basis.of(Session(**columns))
        if basis.user_id is None or basis == self._basis:
            self._write(columns, must_create=must_create)
        else:
            with transaction.atomic():
                if not _stands(basis):
                    raise UpdateError
                self._write(columns, must_create=must_create)
        self._basis = basis

    def _write(self, columns: dict[str, Any], *, must_create: bool) -> None:
        key = digest_of(str(self.session_key))
        if must_create:
            expires = {"expires_at": timezone.now() + conf.session_absolute()}
            row = Session(key_digest=key, **{**expires, **columns})
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
            except IntegrityError as error:
                raise CreateError from error
            self._row_id = str(row.pk)
        elif not Session.objects.filter(key_digest=key).update(**columns):
            raise UpdateError

    def cycle_key(self) -> None:
        """Give the row a new key with one UPDATE; the old cookie value is worth nothing at once.

        Its absolute life starts again: this is called at an authentication.

        :raises SessionInterrupted: somebody was signed in and the session was ended meanwhile. It is not brought back.
        """
        old = self.session_key
        if old is None or (self._row_id is None and self.sid is None):
            self.create()
            return
        new = secrets.token_urlsafe(_KEY_BYTES)
        now = timezone.now()
        changed = Session.objects.filter(key_digest=digest_of(old)).update(
            key_digest=digest_of(new), expires_at=now + conf.session_absolute(), **self._seen(now)
        )
        if not changed:
            if SESSION_KEY in self:
                raise SessionInterrupted("The session was ended before the request completed.")
            self.create()
            return
        self._session_key = new
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(key_digest=digest_of(key)).delete()
        if session_key is None or session_key == self.session_key:
            self._row_id = None

    def flush(self) -> None:
        """Forget everything, as Django does when a member signs out or another one signs in: who was here is signed out."""
        if self.session_key:
            sign_out(key_digest=digest_of(self.session_key))
        self.clear()
        self._row_id = None
        self._session_key = None

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what is over in batches, so that nobody waits for the write lock. ``manage.py clearsessions`` calls it."""
        while sweep_sessions(now=timezone.now(), limit=BATCH):
            pass

    def _seen(self, now: datetime) -> dict[str, Any]:
        seen: dict[str, Any] = {"last_seen_at": now}
        if self.seen_from is not None:
            seen["seen_address"] = self.seen_from()[: _COLUMN_LENGTHS["address"]]
        return seen

    def _columns(self, data: dict[str, Any]) -> dict[str, Any]:
        entry = _entry(data.get(AUTH_ENTRY))
        user_id = _user_key(data.get(SESSION_KEY))
        texts = {"method": entry.get("method"), "passkey": entry.get("passkey")}
        times = {"expires_at": _moment(entry.get("ends"))}
        if user_id is not None and (began := _entry(data.get(BEGINNING_ENTRY))):
            if "method" not in began and texts["method"]:
                # Whoever signed somebody in has said how by now; a confirmation later says it of itself alone.
                began = data[BEGINNING_ENTRY] = {**began, **texts}
            texts |= {
                "began": began.get("method"),
                "began_passkey": began.get("passkey"),
                "address": began.get("address"),
                "user_agent": began.get("agent"),
            }
            times["created_at"] = _moment(began.get("at"))
        return {
            "user_id": user_id,
            "epoch": _number(data.get(EPOCH_ENTRY)) if user_id is not None else None,
            "asserted_at": _moment(entry.get("at")),
            **{name: str(value or "")[: _COLUMN_LENGTHS[name]] for name, value in texts.items()},
            **{name: at for name, at in times.items() if at is not None},
        }


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a signed-in session rests on: the member as they were at the sign-in, and the passkeys."""

    user_id: Any
    epoch: int
    passkeys: frozenset[str]

    @classmethod
    def of(cls, row: Session) -> _Basis:
        return cls(row.user_id, row.epoch or 0, frozenset({row.passkey, row.began_passkey} - {""}))


def _stands(basis: _Basis) -> bool:
    """Return whether the member and the passkeys are still as they were, and keep them so until the transaction ends.

    Whoever disables, demotes or signs the member out everywhere changes the same row, and whoever removes a passkey
    deletes its row: they come before and are seen here, or wait and then find the session.
    """
    members = get_user_model()._default_manager.select_for_update(no_key=True)
    member = members.filter(pk=basis.user_id).first()
    if member is None or not member.is_active or (getattr(member, "session_epoch", None) or 0) != basis.epoch:
        return False
    return all(ask_hold_passkey()(basis.user_id, passkey) for passkey in sorted(basis.passkeys))


def _rows() -> QuerySet[Session]:
    """Return the sessions, each with its member's counter as it is now."""
    rows: QuerySet[Session] = Session.objects.all()
    return rows if User._meta.swapped else rows.annotate(member_epoch=F("user__session_epoch"))


def _is_behind(row: Session) -> bool:
    """Return whether all of the member's sessions were ended after this one began."""
    return row.user_id is not None and (row.epoch or 0) < (getattr(row, "member_epoch", None) or 0)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _entry(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _user_key(value: Any) -> Any:
    """Return the member's primary key out of the session's text, or None."""
    if value is None:
        return None
    try:
        return get_user_model()._meta.pk.to_python(value)
    except ValidationError:
        return None


def _moment(value: Any) -> datetime | None:
    """Return seconds since 1970 as a time, or None for what is no such number."""
    if not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
