"""Questions that this app asks the site.

Each is a setting with a dotted path; the defaults suit a plain Django site.
"""

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
    """How and when the member of this session signed in.

    ``at`` is the time of the last authentication in whole seconds. ``is_strong`` tells whether it satisfies a request
    for a fresh sign-in. ``sid`` is the public ID of the session, or empty. ``proved_at`` is ``at`` with fractions if
    they are known: a time in whole seconds can't prove that the sign-in came after a request in the same second.
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
        """Return when the last request for a fresh sign-in was satisfied, or None."""
        if not self.is_strong:
            return None
        return self.at if self.proved_at is None else self.proved_at


class Access(Protocol):
    """Return whether the member belongs to one of the groups that may use a restricted client."""

    def __call__(self, user: Any, *, client_id: str, allowed_groups: QuerySet[Group]) -> bool: ...


class Claims(Protocol):
    """Return the member as clients may see them. ``scopes`` are the granted ones, so that nothing else is loaded."""

    def __call__(self, user: Any, *, scopes: frozenset[str]) -> MemberClaims: ...


class AuthenticationOf(Protocol):
    """Return how the signed-in member of this request authenticated."""

    def __call__(self, request: HttpRequest) -> Authentication: ...


class RequireFresh(Protocol):
    """Return None if the passkey was used in this session at most ``max_age`` ago, else a URL where it can be used."""

    def __call__(self, request: HttpRequest, max_age: timedelta) -> HttpResponse | None: ...


class RequestOrigin(Protocol):
    """Return the address and user agent that sent this request. The address is None if the site can't trust it."""

    def __call__(self, request: HttpRequest) -> tuple[str | None, str]: ...


class DeviceName(Protocol):
    """Return a readable name for a user agent, such as ``Firefox on Windows``, or an empty string."""

    def __call__(self, user_agent: str) -> str: ...


class RateLimit(Protocol):
    """Return None if the request may continue, else the seconds to wait. ``policy`` names the action."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


class SignInCode(Protocol):
    """Return the response to a code that signs a member in to this site on another device, or None for any other code.

    Called for codes that begin with a digit, with the request's member signed in and the attempt counted.
    """

    def __call__(self, request: HttpRequest, typed: str) -> HttpResponse | None: ...


class SelectableGroups(Protocol):
    """Return the groups that an administrator may allow to use a client."""

    def __call__(self) -> QuerySet[Group]: ...


class HoldSession(Protocol):
    """Return whether the session with this ``sid`` is active, and keep it active until the transaction ends.

    Called inside the transaction that issues a code, so that ending the session can't miss that code.
    """

    def __call__(self, sid: str) -> bool: ...


class EndSession(Protocol):
    """End this member's session with this ``sid``. Do nothing if it is over or belongs to someone else.

    Called outside of transactions: two callers that each lock one session could otherwise wait for each other.
    """

    def __call__(self, user: Any, sid: str) -> None: ...


class Enqueue(Protocol):
    """Run a task after the transaction is committed, and not at all if it is rolled back. Arguments are JSON values."""

    def __call__(self, task: Any, *args: Any, **kwargs: Any) -> None: ...


class GroupLabel(Protocol):
    """Return the name of a group that administrators see."""

    def __call__(self, group: Group) -> str: ...


class MaySetClaims(Protocol):
    """Return whether an administrator may set claims for this member, or for the members of this group."""

    def __call__(self, actor: Any, *, user: Any, group: Group | None) -> bool: ...


def may_use(user: Any, *, client_id: str, allowed_groups: QuerySet[Group]) -> bool:
    """Default of ``ACCESS``: membership in one of the client's groups. Superusers need it too."""
    return bool(user.groups.filter(pk__in=allowed_groups.values("pk")).exists())


def claims_of(user: Any, *, scopes: frozenset[str]) -> MemberClaims:
    """Default of ``CLAIMS``: what Django's user model knows. The email address is unverified."""
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
    """Store the time of the sign-in in the session.

    ``last_login`` won't do: another sign-in of the member changes it.
    """
    if request is not None and hasattr(request, "session"):
        request.session[_SIGNED_IN_AT] = time.time()


def signed_in_at(request: HttpRequest) -> float | None:
    """Return when this session's member signed in, in seconds since 1970 with fractions, or None for an older session."""
    at = request.session.get(_SIGNED_IN_AT)
    return at if isinstance(at, float) else None


def authentication_of(request: HttpRequest) -> Authentication:
    """Default of ``AUTHENTICATION``: the session entry ``hearthkey_auth``, else the time of the sign-in."""
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
    """Default of ``REQUEST_ORIGIN``: the User-Agent header and no address, because the address may be a proxy's."""
    return None, request.headers.get("User-Agent", "")


def device_name(user_agent: str) -> str:
    """Default of ``DEVICE_NAME``: the user agent itself."""
    return user_agent


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Default of ``RATE_LIMIT``: no limit."""
    return None


def no_sign_in_code(request: HttpRequest, typed: str) -> HttpResponse | None:
    """Default of ``SIGN_IN_CODE``: a plain site has no such codes."""
    return None


def group_label(group: Group) -> str:
    """Default of ``GROUP_LABEL``: the name of the group."""
    return group.name


def may_set_claims(actor: Any, *, user: Any, group: Group | None) -> bool:
    """Default of ``MAY_SET_CLAIMS``: the permission to change custom claims."""
    return True


def selectable_groups() -> QuerySet[Group]:
    """Default of ``SELECTABLE_GROUPS``: all groups."""
    return Group.objects.order_by("name")


def hold_session(sid: str) -> bool:
    """Default of ``HOLD_SESSION``: Django's session engines have no public ID, so there is nothing to lock."""
    return True


def end_session(user: Any, sid: str) -> None:
    """Default of ``END_SESSION``: Django's session engines have no public ID, so there is nothing to end."""


def enqueue_task(task: Any, *args: Any, **kwargs: Any) -> None:
    """Default of ``ENQUEUE``: the site's task backend, after the commit."""
    transaction.on_commit(partial(task.enqueue, *args, **kwargs))


def enqueue(name: str, *args: Any) -> None:
    """Enqueue one of the functions in ``tasks.py`` by name. Tasks import services, so services can't import tasks."""
    cast(Enqueue, _load("ENQUEUE", enqueue_task))(import_string(f"{__package__}.tasks.{name}"), *args)


def enqueue_later(name: str, *args: Any, delay: timedelta) -> bool:
    """Enqueue a task to run later. Return False if the site's backend can't delay tasks."""
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
    """Return whether membership in a client's groups alone decides who may use it."""
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
