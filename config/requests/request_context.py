"""What is known of the request that is being answered, for log lines and audit events.

Services take plain values and know no request; what every event carries anyway (address, agent, reference,
session) would otherwise be handed through each of them. Outside a request all of it is empty.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar, Token
from dataclasses import dataclass

from django.http import HttpRequest

from audit.adapters import Origin
from audit.geoip import lookup


@dataclass(frozen=True)
class RequestContext:
    """One request, as the log and the audit trail know it."""

    request_id: str = ""
    address: str = ""
    request: HttpRequest | None = None

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("User-Agent", "") if self.request is not None else ""

    @property
    def session_id(self) -> str:
        """The session's ``sid`` at this moment: a sign-in makes the row while the request is being answered."""
        session = getattr(self.request, "session", None)
        return str(getattr(session, "sid", None) or "")


_EMPTY = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("hearthkey_request", default=_EMPTY)


def current() -> RequestContext:
    """Return the context of the request that this thread answers, or the empty one."""
    return _current.get()


def enter(context: RequestContext) -> Token[RequestContext]:
    """Make ``context`` the current one until :func:`leave`."""
    return _current.set(context)


def leave(token: Token[RequestContext]) -> None:
    """Forget the context that :func:`enter` set."""
    _current.reset(token)


def origin(context: RequestContext) -> Origin:
    """Return where an event of this request came from."""
    place = lookup(context.address)
    return Origin(
        ip_address=context.address,
        user_agent=context.user_agent,
        session_id=context.session_id,
        request_id=context.request_id,
        country=place.country,
        city=place.city,
    )


class RequestIdFilter(logging.Filter):
    """Adds the reference ID of the request that is being answered, or of the one that the record is about.

    Django logs some failures after the last middleware, where the context is already gone.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        about = getattr(record, "request", None)
        record.request_id = current().request_id or getattr(about, "hearthkey_request_id", "")
        return True
