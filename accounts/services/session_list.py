"""What people see of their sessions, and operators of a member's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import adapters, conf
from ..models import Session

PAGE_SIZE: Final = 25


@dataclass(frozen=True)
class SessionCard:
    """One session, in people's words; a text is empty where nothing is known. ``id`` is its public id.

    ``address`` and ``place`` are those of the sign-in; ``seen_address`` and ``seen_place`` those of the last use, empty
    where that is the same address.
    """

    id: str
    device: str
    address: str
    place: str
    seen_address: str
    seen_place: str
    began: str
    passkey: str
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime | None
    is_current: bool

    @property
    def was_just_used(self) -> bool:
        """Whether it is about as recent as can be told: last use is written at most once a minute."""
        return self.is_current or timezone.now() - self.last_seen_at < timedelta(minutes=2)


@dataclass(frozen=True)
class SessionPage:
    """A page of sessions. ``total`` counts all of them; ``previous`` and ``next`` are the numbers of the pages beside it."""

    cards: list[SessionCard]
    total: int
    previous: int | None
    next: int | None


def list_sessions(*, user: Any, current: str = "", page: str = "") -> SessionPage:
    """Return one page of a member's active sessions: the one with the public id ``current`` first, then by last use.

    :param page: a number from 1; any other text is the first page, and a number that is too large the last one.
    """
    rows = Session.objects.filter(user=user).living(now=timezone.now(), idle=conf.session_idle())
    is_current = Case(When(pk=current, then=Value(0)), default=Value(1)) if current else Value(1)
    found = Paginator(rows.order_by(is_current, "-last_seen_at", "pk"), PAGE_SIZE).get_page(page)
    return SessionPage(
        cards=_cards(list(found.object_list), user, current),
        total=found.paginator.count,
        previous=found.previous_page_number() if found.has_previous() else None,
        next=found.next_page_number() if found.has_next() else None,
    )


def _cards(rows: list[Session], user: Any, current: str) -> list[SessionCard]:
    ids = {row.began_passkey or row.passkey for row in rows} - {""}
    names = adapters.ask_passkey_names()(user, ids) if ids else {}
    place, device = _place(), adapters.ask_device()
    elsewhere = {row.pk: row.seen_address if row.seen_address != row.address else "" for row in rows}
    return [
        SessionCard(
            id=str(row.pk),
            device=device(row.user_agent) if row.user_agent else "",
            address=row.address,
            place=place(row.address),
            seen_address=elsewhere[row.pk],
            seen_place=place(elsewhere[row.pk]),
            began=_beginning(row.began or row.method),
            passkey=names.get(row.began_passkey or row.passkey, ""),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            confirmed_at=row.asserted_at if row.method == "passkey" else None,
            is_current=str(row.pk) == current,
        )
        for row in rows
    ]


def _place() -> Callable[[str], str]:
    """Return what names the place of an address, each of which is looked up once."""
    ask = adapters.ask_place()
    return cache(lambda address: ask(address) if address else "")


def _beginning(method: str) -> str:
    return {
        "passkey": _("with a passkey"),
        "code": _("with a one-time code"),
        "device": _("with another device"),
        "setup": _("when the account was created"),
    }.get(method, "")
