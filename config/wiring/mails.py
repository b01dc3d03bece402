"""What is mailed to members, and when. The mailer knows neither: it only sends what it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from accounts import signals as accounts_signals
from accounts.models import User
from audit.devices import describe
from audit.geoip import lookup
from audit.services.origins import forget_origins, is_new_origin
from mailer import services as mailer
from passkeys import signals as passkeys_signals

from ..requests import request_context

# A mail client makes a link of what looks like one; a stranger who signs up must not have advertisements sent by us.
_LINK: Final = re.compile(r"\w\.\w|://|@")


def mail_is_on() -> bool:
    """Return whether mails are sent at all."""
    return mailer.is_on()


def send_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    """Mail ``user`` at ``to``, in the caller's transaction; return whether mails of this kind are sent."""
    given = dict(variables)
    if kind == "login_code":
        given.setdefault("by", _operator(user))
    if kind == "login_code_requested":
        # Told by the worker, for a request that is long over.
        given |= _from_where(str(given.pop("address", "")), str(given.pop("user_agent", "")))
    return mailer.send(
        kind=kind,
        to=to,
        variables={**_about(user), **given},
        user_id=str(user.pk),
        language=str(getattr(user, "locale", "") or ""),
    )


def tell_of_a_new_sign_in(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member who signs in with a browser, a system or from a place that they did not before."""
    if getattr(event, "purpose", "sign_in") != "sign_in":
        return
    origin = request_context.origin(request_context.current())
    if is_new_origin(subject_id=event.user, origin=origin):
        _tell("new_sign_in", event.user)


def forget_a_deleted_members_origins(sender: object, event: Any, **_kwargs: Any) -> None:
    """Forget where a member signed in from who is deleted."""
    forget_origins(subject_id=event.user)


def tell_of_a_new_passkey(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member that whoever has this passkey signs in as them."""
    _tell("passkey_added", event.user, passkey=event.name)


def tell_of_a_removed_passkey(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member that a passkey of theirs is gone, and which operator took it."""
    by = _name(event.actor)
    _tell("passkey_removed", event.user, is_operators=bool(by), by=by, passkey=event.name)


def tell_of_a_new_code(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member of a code that was shown to somebody else. One that is mailed is told when it leaves."""
    if event.how in {"shown", "command"}:
        _tell("login_code_notice", event.user, is_operators=True, by=_name(event.actor), what="made")


def tell_of_a_mailed_code(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member of a code that went to another address than their verified one; else the mail itself tells them."""
    member = _member(event.user)
    if member is not None and _address(member).casefold() != event.to.casefold():
        _tell("login_code_notice", event.user, is_operators=True, by=_name(event.actor), what="sent")


def tell_of_a_used_code(sender: object, event: Any, **_kwargs: Any) -> None:
    """Tell a member that somebody came in by a code."""
    _tell("login_code_notice", event.user, by=event.maker_name or _name(event.maker), what="used")


CONSEQUENCES: Final = (
    (passkeys_signals.passkey_used, tell_of_a_new_sign_in),
    (accounts_signals.signed_in, tell_of_a_new_sign_in),
    (accounts_signals.member_deleted, forget_a_deleted_members_origins),
    (passkeys_signals.passkey_registered, tell_of_a_new_passkey),
    (passkeys_signals.passkey_removed, tell_of_a_removed_passkey),
    (accounts_signals.login_code_created, tell_of_a_new_code),
    (accounts_signals.login_code_sent, tell_of_a_mailed_code),
    (accounts_signals.login_code_used, tell_of_a_used_code),
)


def _tell(kind: str, user_id: str, *, is_operators: bool = False, **variables: Any) -> None:
    """Send a notice to a member who has an address, with where the request came from unless it is an operator's."""
    if not mailer.is_on() or (member := _member(user_id)) is None or not (to := _address(member)):
        return
    context = request_context.current()
    where = {} if is_operators else _from_where(context.address, context.user_agent)
    about = {"happened_at": timezone.now().isoformat(timespec="seconds"), **where, **variables}
    send_mail(kind, user=member, to=to, variables=about)


def _address(member: User) -> str:
    """Return where notices go: to the verified address, for the other one may be a thief's."""
    return member.verified_email or member.email


def _about(user: Any) -> dict[str, Any]:
    full_name = str(user.get_display_name() if hasattr(user, "get_display_name") else user.get_full_name())
    return {
        "name": "" if _LINK.search(full_name) else full_name,
        "user_name": user.get_username(),
        "account_url": settings.APP_URL + reverse("hearthkey_accounts:account"),
        "base_url": settings.APP_URL,
    }


def _from_where(address: str, user_agent: str) -> dict[str, str]:
    place = lookup(address)
    known = "" if place.kind == "unknown" else place.label
    return {"address": address, "device": describe(user_agent) if user_agent else "", "place": str(known)}


def _operator(user: Any) -> str:
    """Return who is signed in to this request, if that is somebody else."""
    signed_in = getattr(request_context.current().request, "user", None)
    is_other = signed_in is not None and signed_in.is_authenticated and signed_in.pk != user.pk
    return str(signed_in.get_username()) if signed_in is not None and is_other else ""


def _member(user_id: str) -> User | None:
    return User.objects.filter(pk=user_id).first()


def _name(user_id: str | None) -> str:
    if not user_id:
        return ""
    model = get_user_model()
    found = model._default_manager.filter(pk=user_id).values_list(model.USERNAME_FIELD, flat=True).first()
    return str(found or "")
