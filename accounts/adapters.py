"""The questions this app asks its site, each a setting with a dotted path and a default that works on a stock site."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Literal, Protocol, cast

from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.mail import send_mail as django_send_mail
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from . import conf

#: Where a session keeps how it began: seconds, address and agent; the engine adds the method and the passkey.
BEGINNING_ENTRY: Final = "hearthkey_began"
#: The member's counter at the sign-in.
EPOCH_ENTRY: Final = "hearthkey_epoch"


class RateLimit(Protocol):
    """``None`` to go on, else the seconds to wait. ``policy`` is a name such as ``one-time-code`` or ``sign-up``."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


class CanSignIn(Protocol):
    """Whether a member has a way to sign in by themselves."""

    def __call__(self, user: Any) -> bool: ...


class RequireFresh(Protocol):
    """``None`` when this member used a passkey at most ``max_age`` ago, else the answer that leads to one.

    The answer to a request that changes something keeps what was sent, so that nothing has to be typed again.
    """

    def __call__(self, request: HttpRequest, max_age: timedelta) -> HttpResponse | None: ...


class RequestOrigin(Protocol):
    """The address, ``None`` when it is unknown, and the user agent of who sent a request."""

    def __call__(self, request: HttpRequest) -> tuple[str | None, str]: ...


class Place(Protocol):
    """An address in people's words, such as ``Zürich, Switzerland``; empty when it is unknown."""

    def __call__(self, address: str) -> str: ...


class Device(Protocol):
    """A user agent in people's words, such as ``Firefox on Windows``; empty when it names nothing known."""

    def __call__(self, user_agent: str) -> str: ...


class PasskeyNames(Protocol):
    """What a member calls the passkeys of these ids; those that are gone are left out."""

    def __call__(self, user: Any, ids: Collection[str]) -> Mapping[str, str]: ...


class HoldPasskey(Protocol):
    """Return whether this passkey of the member exists, and keep it until the transaction ends."""

    def __call__(self, user_id: Any, passkey: str) -> bool: ...


class Apart(Protocol):
    """Whether two addresses are certainly in different countries, or else on different networks; empty when neither."""

    def __call__(self, one: str | None, other: str | None) -> Literal["", "network", "country"]: ...


class SendMail(Protocol):
    """Take a mail of one kind for ``to``, in the caller's transaction. Return whether mails of this kind are sent at all.

    ``kind`` names the templates; ``variables`` are plain values, and may hold secrets.
    """

    def __call__(self, kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool: ...


class Enqueue(Protocol):
    """Let a task run once the transaction is committed, and never when it is rolled back. Arguments are JSON values."""

    def __call__(self, task: Any, *args: Any, **kwargs: Any) -> None: ...


class MailIsOn(Protocol):
    """Whether this site sends mail at all; pages offer nothing that needs it otherwise."""

    def __call__(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel; ``url`` leads to where it is changed, empty for who may not."""

    name: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What another app says of a member or a group on their page in the administration. ``add_url`` adds a line."""

    title: str
    lines: tuple[Line, ...]
    add_url: str = ""


class PanelsAbout(Protocol):
    """What this operator is shown of a member, or of a group, beside what this app knows."""

    def __call__(self, request: HttpRequest, *, user: Any, group: Group | None) -> list[Panel]: ...


def always_can_sign_in(user: Any) -> bool:
    """Believe it: how people sign in, this app doesn't know."""
    return True


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Let everything through: a reusable app knows neither the client's address nor a store for counters."""
    return None


def entry_is_fresh(request: HttpRequest, max_age: timedelta) -> HttpResponse | None:
    """Believe the session entry, and lead to Django's ``LOGIN_URL`` when it is too old."""
    entry = request.session.get("hearthkey_auth") or {}
    at = entry.get("at")
    if entry.get("method") == "passkey" and isinstance(at, int | float) and time.time() - at <= max_age.total_seconds():
        return None
    return redirect_to_login(request.get_full_path())


def connection_origin(request: HttpRequest) -> tuple[str | None, str]:
    """Return the address of the connection: behind a proxy it is the proxy's."""
    return request.META.get("REMOTE_ADDR") or None, request.headers.get("User-Agent", "")


def no_place(address: str) -> str:
    """Know no places."""
    return ""


def no_device(user_agent: str) -> str:
    """Know no devices."""
    return ""


def no_passkey_names(user: Any, ids: Collection[str]) -> Mapping[str, str]:
    """Know no passkeys."""
    return {}


def trust_passkey(user_id: Any, passkey: str) -> bool:
    """Default of ``HOLD_PASSKEY``: this app knows no passkeys that could be gone."""
    return True


def note_beginning(sender: object, request: HttpRequest | None, user: Any = None, **_kwargs: Any) -> None:
    """Keep in the session where and when its member signed in, for the list of their sessions.

    Within the session's own data, which is saved anyway: a sign-in costs no statement more.
    """
    if request is None or not hasattr(request, "session"):
        return
    # How the session before this sign-in was begun, or confirmed, says nothing of the new one.
    request.session.pop("hearthkey_auth", None)
    address, agent = ask_request_origin()(request)
    request.session[BEGINNING_ENTRY] = {"at": time.time(), "address": address or "", "agent": agent[:500]}
    # The member was loaded before what signs them in was used up, so a later raise of the counter is noticed.
    request.session[EPOCH_ENTRY] = getattr(user, "session_epoch", None) or 0


def not_apart(one: str | None, other: str | None) -> Literal["", "network", "country"]:
    """Say nothing: the addresses of a stock site may be its proxy's."""
    return ""


def send_plain_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    """Send the app's own plain text by Django's ``EMAIL_BACKEND`` once the transaction is through."""
    context = {**variables, "user": user, "base_url": conf.base_url()}
    subject = " ".join(render_to_string(f"hearthkey/accounts/mail/{kind}.subject.txt", context).split())
    body = render_to_string(f"hearthkey/accounts/mail/{kind}.txt", context)
    transaction.on_commit(lambda: django_send_mail(subject, body, None, [to]), robust=True)
    return True


def enqueue_task(task: Any, *args: Any, **kwargs: Any) -> None:
    """Use the site's task backend, after the commit."""
    transaction.on_commit(partial(task.enqueue, *args, **kwargs))


def mail_is_on() -> bool:
    """Say yes: Django always has some ``EMAIL_BACKEND``."""
    return True


def no_panels(request: HttpRequest, *, user: Any, group: Group | None) -> list[Panel]:
    """Know nothing else."""
    return []


def ask_panels_about() -> PanelsAbout:
    """Return what ``HEARTHKEY_ACCOUNTS_PANELS_ABOUT`` names."""
    return cast(PanelsAbout, _load("PANELS_ABOUT", no_panels))


def ask_can_sign_in() -> CanSignIn:
    """Return what ``HEARTHKEY_ACCOUNTS_CAN_SIGN_IN`` names."""
    return cast(CanSignIn, _load("CAN_SIGN_IN", always_can_sign_in))


def ask_rate_limit() -> RateLimit:
    """Return what ``HEARTHKEY_ACCOUNTS_RATE_LIMIT`` names."""
    return cast(RateLimit, _load("RATE_LIMIT", no_rate_limit))


def ask_require_fresh() -> RequireFresh:
    """Return what ``HEARTHKEY_ACCOUNTS_REQUIRE_FRESH`` names."""
    return cast(RequireFresh, _load("REQUIRE_FRESH", entry_is_fresh))


def ask_request_origin() -> RequestOrigin:
    """Return what ``HEARTHKEY_ACCOUNTS_REQUEST_ORIGIN`` names."""
    return cast(RequestOrigin, _load("REQUEST_ORIGIN", connection_origin))


def ask_place() -> Place:
    """Return what ``HEARTHKEY_ACCOUNTS_PLACE`` names."""
    return cast(Place, _load("PLACE", no_place))


def ask_device() -> Device:
    """Return what ``HEARTHKEY_ACCOUNTS_DEVICE`` names."""
    return cast(Device, _load("DEVICE", no_device))


def ask_passkey_names() -> PasskeyNames:
    """Return what ``HEARTHKEY_ACCOUNTS_PASSKEY_NAMES`` names."""
    return cast(PasskeyNames, _load("PASSKEY_NAMES", no_passkey_names))


def ask_hold_passkey() -> HoldPasskey:
    """Return what ``HEARTHKEY_ACCOUNTS_HOLD_PASSKEY`` names."""
    return cast(HoldPasskey, _load("HOLD_PASSKEY", trust_passkey))


def ask_apart() -> Apart:
    """Return what ``HEARTHKEY_ACCOUNTS_APART`` names."""
    return cast(Apart, _load("APART", not_apart))


def ask_send_mail() -> SendMail:
    """Return what ``HEARTHKEY_ACCOUNTS_SEND_MAIL`` names."""
    return cast(SendMail, _load("SEND_MAIL", send_plain_mail))


def ask_mail_is_on() -> MailIsOn:
    """Return what ``HEARTHKEY_ACCOUNTS_MAIL_IS_ON`` names."""
    return cast(MailIsOn, _load("MAIL_IS_ON", mail_is_on))


def ask_enqueue() -> Enqueue:
    """Return what ``HEARTHKEY_ACCOUNTS_ENQUEUE`` names."""
    return cast(Enqueue, _load("ENQUEUE", enqueue_task))


def enqueue(name: str, *args: Any) -> None:
    """Enqueue a task of this app, by its name in ``tasks.py``: tasks call services, so services can't import them."""
    ask_enqueue()(import_string(f"{__package__}.tasks.{name}"), *args)


def _load(name: str, default: Any) -> Any:
    path = conf.adapter_path(name)
    return import_string(path) if path else default
