"""Questions that the site may answer in its own way, each a setting with a dotted path.

``HEARTHKEY_PASSKEYS_MAY_ENROL``, ``_MAY_MANAGE``, ``_MAY_REMOVE_LAST``, ``_RECOVERY_URL``, ``_OTHER_SESSIONS_URL``,
``_REQUIRE_FRESH`` and ``_RATE_LIMIT``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Protocol, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from . import conf
from .core.session_entry import SessionEntry


class MayEnrol(Protocol):
    """Whether a member who used no passkey lately may enrol one in a session with this entry.

    ``is_first``: they have none that works. Where this says yes although they have one, the entry must name an
    ``enrolment``, and it is good for one passkey.
    """

    def __call__(self, user: AbstractBaseUser, entry: SessionEntry | None, *, is_first: bool) -> bool: ...


class MayManage(Protocol):
    """Whether ``actor`` may remove the passkeys of another member."""

    def __call__(self, actor: AbstractBaseUser, user: AbstractBaseUser) -> bool: ...


class MayRemoveLast(Protocol):
    """Whether an operator may take this member's last passkey away. Asked under lock."""

    def __call__(self, user: AbstractBaseUser) -> bool: ...


class RecoveryUrl(Protocol):
    """Where the operator at work makes this member another way in, by an empty POST; ``None`` where they can't."""

    def __call__(self, request: HttpRequest, user: AbstractBaseUser) -> str | None: ...


class OtherSessionsUrl(Protocol):
    """Where a POST (with ``next``) ends all other sessions of who is signed in; ``None`` when there are none."""

    def __call__(self, request: HttpRequest) -> str | None: ...


class RateLimit(Protocol):
    """``None`` to go on, else the seconds to wait. ``policy`` is ``sign-in`` or ``step-up``."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


class RequireFresh(Protocol):
    """``None`` when this member used a passkey at most ``max_age`` ago, else the answer that leads to one.

    A ``max_age`` of zero wants a passkey used for this very request, where it changes something.
    """

    def __call__(self, request: HttpRequest, max_age: timedelta) -> HttpResponse | None: ...


def may_enrol(user: AbstractBaseUser, entry: SessionEntry | None, *, is_first: bool) -> bool:
    """Allow it in sessions of an operator's code; the first passkey also in those of any code, of the set-up, and where
    a site signs people in by its own means.
    """
    if entry is None:
        return is_first
    if entry.method == "code" and entry.source == "operator":
        return True
    return is_first and entry.method in {"setup", "code"}


def may_manage(actor: AbstractBaseUser, user: AbstractBaseUser) -> bool:
    """Allow it to superusers."""
    return bool(getattr(actor, "is_superuser", False))


def may_remove_last(user: AbstractBaseUser) -> bool:
    """Refuse for the last active superuser who has a passkey; user models without such fields have none."""
    if not getattr(user, "is_superuser", False):
        return True
    model = get_user_model()
    if not _has_fields(model, ("is_superuser", "is_active")):
        return True
    others = model._default_manager.filter(
        is_superuser=True, is_active=True, hearthkey_passkeys__rp_id=conf.rp_id()
    ).exclude(pk=user.pk)
    return others.exists()


def no_recovery_url(request: HttpRequest, user: AbstractBaseUser) -> str | None:
    """Offer nothing: what other ways in there are, the site alone knows."""
    return None


def no_other_sessions_url(request: HttpRequest) -> str | None:
    """Offer nothing: Django's own session engines don't know whose a session is."""
    return None


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Let everything through: a reusable app knows neither the client's address nor a store for counters."""
    return None


def ask_may_enrol() -> MayEnrol:
    return cast(MayEnrol, _load("MAY_ENROL", may_enrol))


def ask_may_manage() -> MayManage:
    return cast(MayManage, _load("MAY_MANAGE", may_manage))


def ask_may_remove_last() -> MayRemoveLast:
    return cast(MayRemoveLast, _load("MAY_REMOVE_LAST", may_remove_last))


def ask_recovery_url() -> RecoveryUrl:
    return cast(RecoveryUrl, _load("RECOVERY_URL", no_recovery_url))


def ask_other_sessions_url() -> OtherSessionsUrl:
    return cast(OtherSessionsUrl, _load("OTHER_SESSIONS_URL", no_other_sessions_url))


def ask_rate_limit() -> RateLimit:
    return cast(RateLimit, _load("RATE_LIMIT", no_rate_limit))


def ask_require_fresh() -> RequireFresh | None:
    """Return what ``HEARTHKEY_PASSKEYS_REQUIRE_FRESH`` names; without it this app's own pages lead to a passkey."""
    return cast("RequireFresh | None", _load("REQUIRE_FRESH", None))


ALL: tuple[Callable[[], Callable[..., Any] | None], ...] = (
    ask_may_enrol,
    ask_may_manage,
    ask_may_remove_last,
    ask_recovery_url,
    ask_other_sessions_url,
    ask_rate_limit,
    ask_require_fresh,
)


def _load(name: str, default: Any) -> Any:
    path = conf.adapter_path(name)
    return import_string(path) if path else default


def _has_fields(model: type[AbstractBaseUser], names: Iterable[str]) -> bool:
    try:
        for name in names:
            model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
