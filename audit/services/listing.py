"""Pages of the audit trail, newest first. The next page costs what the first does, and nothing is ever counted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet

from .. import events
from ..exceptions import InvalidCursor
from ..models import Event
from .text_index import find_events

#: Events that one page looks through at most where no index finds what is asked for. Bounds the cost of a page.
SCAN: Final = 5_000

_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: Criteria that have an index, the most telling first. One of them leads, the others are looked for in what it finds.
_INDEXED: Final = ("subject_id", "actor_id", "client_id", "name", "country", "is_internal")
_TEXTS: Final = (
    "subject_name",
    "actor_name",
    "client_id",
    "ip_address",
    "city",
    "device",
    "user_agent",
    "session_id",
    "request_id",
    "data",
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What to show; whatever is empty does not matter. ``data`` holds values of the details; ``until`` itself is left out."""

    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    subject_id: str = ""
    actor_id: str = ""
    client_id: str = ""
    country: str = ""
    is_internal: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """``older`` is the cursor of the next page, empty at the end.

    ``looked_back_to`` is set where the page ended because enough was looked through, not because it is full.
    """

    events: list[Event]
    older: str
    looked_back_to: datetime | None = None


def list_events(*, criteria: Criteria, before: str = "", size: int = 100) -> Page:
    """Return the newest ``size`` events that fit, older than the cursor ``before`` when that is given.

    :raises InvalidCursor: ``before`` is no cursor of such a page.
    """
    rows = _within(Event.objects.all(), criteria, before)
    indexed = {key: value for key in _INDEXED if (value := getattr(criteria, key)) not in ("", None)}
    leading = next(iter(indexed), None)
    if leading is not None:
        rows = rows.filter(**{leading: indexed.pop(leading)})
    if not indexed and not criteria.data and not criteria.text:
        return _page(rows, size)
    if criteria.text and (found := _by_index(criteria.text, rows.db)) is not None:
        return _page(rows.filter(found, **indexed, **_details(criteria.data)), size)
    edge = rows.values_list("at", "pk")[SCAN : SCAN + 1].first()
    if edge is not None:
        rows = rows.filter(at__gte=edge[0])
    rows = rows.filter(**indexed, **_details(criteria.data))
    if criteria.text:
        rows = rows.filter(_matches(criteria.text))
    page = _page(rows, size)
    if page.older or edge is None:
        return page
    # The edge itself has been looked at too, with all that happened at its very moment.
    return Page(page.events, _cursor(edge[0], uuid.UUID(int=0)), looked_back_to=edge[0])


def list_own_events(*, user_id: str, before: str = "", size: int = 25) -> Page:
    """Return the newest events of a member that are meant for their eyes.

    :raises InvalidCursor: ``before`` is no cursor of such a page.
    """
    rows = _within(Event.objects.filter(subject_id=user_id, name__in=events.names_for_members()), Criteria(), before)
    return _page(rows, size)


def _within(rows: QuerySet[Event], criteria: Criteria, before: str) -> QuerySet[Event]:
    if before:
        at, pk = _read_cursor(before)
        # Said this way, the database walks its index from there on; a plain OR makes it start at the newest.
        rows = rows.filter(at__lte=at).exclude(at=at, pk__gte=pk)
    if criteria.since is not None:
        rows = rows.filter(at__gte=criteria.since)
    if criteria.until is not None:
        rows = rows.filter(at__lt=criteria.until)
    return rows.order_by("-at", "-pk")


def _page(rows: QuerySet[Event], size: int) -> Page:
    found = list(rows[: size + 1])
    shown = found[:size]
    return Page(shown, _cursor(shown[-1].at, shown[-1].pk) if len(found) > size else "")


def _matches(text: str) -> Q:
    found = Q()
    for column in _TEXTS:
        found |= Q(**{f"{column}__icontains": text})
    return found | _of_titles(text)


def _of_titles(text: str) -> Q:
    """Return a condition for the events whose title has the text; it is empty if no title has it."""
    found, wanted = Q(), text.casefold()
    for kind in events.kinds():
        if wanted in str(kind.title).casefold():
            found |= Q(name=kind.name, **_details(kind.when))
    return found


def _by_index(text: str, alias: str) -> Q | None:
    """Return a condition for the events with this text, or None if they have to be looked for among the newest."""
    keys = find_events(text=text, alias=alias, most=SCAN)
    if keys is None:
        return None
    titled = _of_titles(text)
    if titled:
        rows = Event.objects.using(alias).filter(titled).order_by().values_list("pk", flat=True)
        keys += rows[: SCAN + 1]
    return Q(pk__in=keys) if len(keys) <= 2 * SCAN else None


def _details(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"data__{key}": value for key, value in values.items()}


def _cursor(at: datetime, pk: uuid.UUID) -> str:
    return f"{(at - _EPOCH) // _MICROSECOND}-{pk.hex}"


def _read_cursor(text: str) -> tuple[datetime, uuid.UUID]:
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise InvalidCursor("not the form of a cursor")
    try:
        return _EPOCH + int(found[1]) * _MICROSECOND, uuid.UUID(found[2])
    except OverflowError as error:
        raise InvalidCursor("no moment of the calendar") from error
