"""The questions this app asks its site. Each is a setting with a dotted path; the defaults suit a stock Django site."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol, cast

from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from . import conf
from .protocol.claims import MemberClaims

_SIGNED_IN_AT: Final = "hearthkey_oidc_clients_signed_in_at"


@dataclass(frozen=True, slots=True)
class Authentication:
    """How and when this session's member signed in.

    ``at`` is the time of the last authentication in whole seconds, ``is_strong`` whether it meets a demand for a fresh
    sign-in, ``sid`` the session's public id or empty. ``proved_at`` is ``at`` with fractions where they are known: what is
    only known to the second proves nothing about a request that arrived in that very second.
    """

    method: str
    at: int | None
    is_strong: bool
    sid: str
    amr: tuple[str, ...]
    acr: str
    proved_at: float | None = None

    @property
    def strong_at(self) -> float | None:
        """When a demand for a fresh sign-in was last met, None when it never was."""
        if not self.is_strong:
            return None
        return self.at if self.proved_at is None else self.proved_at


class Access(Protocol):
    """Whether the member belongs to one of the groups that a restricted client is open to."""

    def __call__(self, user: Any, *, client_id: str, allowed_groups: QuerySet[Group]) -> bool: ...


class Claims(Protocol):
    """The member as clients may see them. ``scopes`` are those granted, so that nothing needless is loaded."""

    def __call__(self, user: Any, *, scopes: frozenset[str]) -> MemberClaims: ...


class AuthenticationOf(Protocol):
    """How the signed-in member of this request authenticated."""

    def __call__(self, request: HttpRequest) -> Authentication: ...


class RequireFresh(Protocol):
    """None when this session's passkey was used at most ``max_age`` ago, else where the person can use it and come back."""

    def __call__(self, request: HttpRequest, max_age: timedelta) -> HttpResponse | None: ...


class RequestOrigin(Protocol):
    """The address and the user agent of whoever sent this request. None for an address that the site can't vouch for."""

    def __call__(self, request: HttpRequest) -> tuple[str | None, str]: ...


class DeviceName(Protocol):
    """A user agent in people's words, such as ``Firefox on Windows``; empty for none."""

    def __call__(self, user_agent: str) -> str: ...


class RateLimit(Protocol):
    """None when whoever sent this request may go on, else the seconds to wait. ``policy`` says what is being done."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


class SignInCode(Protocol):
    """The answer to a typed code that begins with a digit: one that signs a member in to the site itself on another device.

    None for a code that opens nothing. The member of the request is signed in, and their attempt was counted.
    """

    def __call__(self, request: HttpRequest, typed: str) -> HttpResponse | None: ...


class SelectableGroups(Protocol):
    """The groups that an operator may open a client to."""

    def __call__(self) -> QuerySet[Group]: ...


class HoldSession(Protocol):
    """Whether the session of this ``sid`` still stands; it must then stand until the transaction ends.

    Called inside the transaction that gives a client a code, so that ending the session can't miss that code.
    """

    def __call__(self, sid: str) -> bool: ...


class EndSession(Protocol):
    """End the session of this ``sid`` if it is this member's; one that is over, or somebody else's, is left alone.

    Called outside any transaction: whoever holds another session meanwhile would wait for whoever holds this one.
    """

    def __call__(self, user: Any, sid: str) -> None: ...


class Enqueue(Protocol):
    """Let a task run once the transaction is committed, and never when it is rolled back. Arguments are JSON values."""

    def __call__(self, task: Any, *args: Any, **kwargs: Any) -> None: ...


class GroupLabel(Protocol):
    """What operators call a group."""

    def __call__(self, group: Group) -> str: ...


class MaySetClaims(Protocol):
    """Whether an operator may make up claims about this member, or about the members of this group."""

    def __call__(self, actor: Any, *, user: Any, group: Group | None) -> bool: ...


def may_use(user: Any, *, client_id: str, allowed_groups: QuerySet[Group]) -> bool:
    """Default of ``ACCESS``: membership in one of the client's groups, superusers included."""
    return bool(user.groups.filter(pk__in=allowed_groups.values("pk")).exists())


def claims_of(user: Any, *, scopes: frozenset[str]) -> MemberClaims:
    """Default of ``CLAIMS``: what Django's own user model knows. Nobody proved the address, so it is not verified."""
    given, family = getattr(user, "first_name", ""), getattr(user, "last_name", "")
    names = user.groups.order_by("name").values_list("name", flat=True) if "groups" in scopes else ()
    return MemberClaims(
        sub=str(user.pk),
        name=" ".join(part for part in (given, family) if part) or user.get_username(),
        given_name=given or None,
        family_name=family or None,
        preferred_username=user.get_username(),
        email=getattr(user, "email", "") or None,
        groups=tuple(names),
    )


def note_sign_in(sender: object, request: HttpRequest | None, **_kwargs: Any) -> None:
    """Keep in the session when its member signed in: ``last_login`` is theirs, and signing in elsewhere renews it."""
    if request is not None and hasattr(request, "session"):
        request.session[_SIGNED_IN_AT] = time.time()


def signed_in_at(request: HttpRequest) -> float | None:
    """When this session's member signed in, in seconds since 1970 with fractions; None in one from before this app."""
    at = request.session.get(_SIGNED_IN_AT)
    return at if isinstance(at, float) else None


def authentication_of(request: HttpRequest) -> Authentication:
    """Default of ``AUTHENTICATION``: the session entry ``hearthkey_auth``, else the time of the sign-in that began the session."""
    entry = request.session.get("hearthkey_auth")
    sid = str(getattr(request.session, "sid", "") or "")
    signed_in = signed_in_at(request)
    began = None if signed_in is None else int(signed_in)
    if not isinstance(entry, dict):
        return Authentication("login", began, is_strong=True, sid=sid, amr=(), acr="0", proved_at=signed_in)
    at = entry.get("at")
    if entry.get("method") == "passkey" and isinstance(at, int | float):
        return Authentication(
            "passkey", int(at), is_strong=True, sid=sid, amr=("phr", "user"), acr="phr", proved_at=float(at)
        )
    return Authentication(str(entry.get("method")), began, is_strong=False, sid=sid, amr=("otp",), acr="0")


def require_fresh(request: HttpRequest, max_age: timedelta) -> HttpResponse | None:
    """Default of ``REQUIRE_FRESH``: Django's ``LOGIN_URL`` with ``next``."""
    authentication = authentication_of(request)
    proved_at = authentication.strong_at
    if proved_at is not None and time.time() - proved_at <= max_age.total_seconds():
        return None
    return redirect_to_login(request.get_full_path())


def request_origin(request: HttpRequest) -> tuple[str | None, str]:
    """Default of ``REQUEST_ORIGIN``: what the header says, and no address, for it may be a proxy's."""
    return None, request.headers.get("User-Agent", "")


def device_name(user_agent: str) -> str:
    """Default of ``DEVICE_NAME``: what it says of itself."""
    return user_agent


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Default of ``RATE_LIMIT``: nobody waits."""
    return None


def no_sign_in_code(request: HttpRequest, typed: str) -> HttpResponse | None:
    """Default of ``SIGN_IN_CODE``: a stock site signs nobody in by such a code."""
    return None


def group_label(group: Group) -> str:
    """Default of ``GROUP_LABEL``: its name."""
    return group.name


def may_set_claims(actor: Any, *, user: Any, group: Group | None) -> bool:
    """Default of ``MAY_SET_CLAIMS``: whoever has the permission for custom claims."""
    return True


def selectable_groups() -> QuerySet[Group]:
    """Default of ``SELECTABLE_GROUPS``: all of them."""
    return Group.objects.order_by("name")


def hold_session(sid: str) -> bool:
    """Default of ``HOLD_SESSION``: Django's own session engines keep no public id, so there is nothing to hold."""
    return True


def end_session(user: Any, sid: str) -> None:
    """Default of ``END_SESSION``: Django's own session engines keep no public id, so there is none to find."""


def enqueue_task(task: Any, *args: Any, **kwargs: Any) -> None:
    """Default of ``ENQUEUE``: the site's task backend, after the commit."""
    transaction.on_commit(partial(task.enqueue, *args, **kwargs))


def enqueue(name: str, *args: Any) -> None:
    """Enqueue a task of this app, by its name in ``tasks.py``: tasks call services, so services can't import them."""
    cast(Enqueue, _load("ENQUEUE", enqueue_task))(import_string(f"{__package__}.tasks.{name}"), *args)


def enqueue_later(name: str, *args: Any, delay: timedelta) -> bool:
    """Enqueue a task of this app to run after a while; return whether the site's backend can do that."""
    found = import_string(f"{__package__}.tasks.{name}")
    if not found.get_backend().supports_defer:
        return False
    cast(Enqueue, _load("ENQUEUE", enqueue_task))(found.using(run_after=timezone.now() + delay), *args)
    return True


def get_hold_session() -> HoldSession:
    return cast(HoldSession, _load("HOLD_SESSION", hold_session))


def get_end_session() -> EndSession:
    return cast(EndSession, _load("END_SESSION", end_session))


def get_access() -> Access:
    return cast(Access, _load("ACCESS", may_use))


def has_default_access() -> bool:
    """Whether membership in a client's groups is all that decides who may use it."""
    return get_access() is may_use


def get_claims() -> Claims:
    return cast(Claims, _load("CLAIMS", claims_of))


def get_authentication() -> AuthenticationOf:
    return cast(AuthenticationOf, _load("AUTHENTICATION", authentication_of))


def get_require_fresh() -> RequireFresh:
    return cast(RequireFresh, _load("REQUIRE_FRESH", require_fresh))


def get_request_origin() -> RequestOrigin:
    return cast(RequestOrigin, _load("REQUEST_ORIGIN", request_origin))


def get_device_name() -> DeviceName:
    return cast(DeviceName, _load("DEVICE_NAME", device_name))


def get_rate_limit() -> RateLimit:
    return cast(RateLimit, _load("RATE_LIMIT", no_rate_limit))


def get_sign_in_code() -> SignInCode:
    return cast(SignInCode, _load("SIGN_IN_CODE", no_sign_in_code))


def get_group_label() -> GroupLabel:
    return cast(GroupLabel, _load("GROUP_LABEL", group_label))


def get_may_set_claims() -> MaySetClaims:
    return cast(MaySetClaims, _load("MAY_SET_CLAIMS", may_set_claims))


def get_selectable_groups() -> SelectableGroups:
    return cast(SelectableGroups, _load("SELECTABLE_GROUPS", selectable_groups))


def _load(name: str, default: Any) -> Any:
    path = conf.adapter_path(name)
    return default if path is None else import_string(path)
