"""What members change of their own account."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from .. import conf, signals
from ..exceptions import EditingIsOff, InvalidValue, NotAllowed
from ..models import ReservedIdentifier, User
from . import addresses, identifiers
from .row_locks import hold_member

_TEXTS: Final = {"first_name": 50, "last_name": 50, "display_name": 100, "locale": 10}
#: What a change of can take the account over, or makes clients take the member for somebody else.
PROTECTED: Final = ("username", "email")
FIELDS: Final = (*PROTECTED, *_TEXTS)


def needs_fresh_passkey(*, user: User, values: Mapping[str, str]) -> bool:
    """Return whether this change of one's own account is one that only a fresh passkey may make."""
    return any(name in values and values[name] != getattr(user, name) for name in PROTECTED)


def change_profile(*, user: User, values: Mapping[str, str]) -> frozenset[str]:
    """Change one's own names, address, user name and language; return the fields that are others now.

    ``values`` holds the fields that may differ. A new address is not verified; until it is, clients keep receiving the
    last verified one. The former user name and address stay the member's, so nobody else can take them.

    :raises EditingIsOff: the operator keeps members' details.
    :raises InvalidValue: a value breaks a rule.
    :raises IdentifierTaken: the user name or address is, or was, another member's.
    :raises NotAllowed: the member was disabled meanwhile.
    """
    if not conf.own_editing():
        raise EditingIsOff
    with transaction.atomic():
        user = hold_member(user)
        before = copy(user)
        if not user.is_active:
            raise NotAllowed
        for name, longest in _TEXTS.items():
            text = values.get(name, getattr(before, name))
            setattr(user, name, identifiers.clean_text(text, field=name, longest=longest))
        user.username = _user_name(values.get("username", before.username), before)
        _enter_email(user, identifiers.clean_email(values.get("email", before.email)))
        changed = [name for name in _AUDITED if getattr(before, name) != getattr(user, name)]
        if not changed:
            return frozenset()
        _save(user, before, changed)
    return frozenset(changed) & frozenset(FIELDS)


_AUDITED: Final = (*FIELDS, "email_verified", "verified_email")


def _user_name(value: str, before: User) -> str:
    if value == before.username:
        return value
    if not conf.user_name_editing():
        raise InvalidValue("username", _("Only your administrator can change your username."))
    name = identifiers.clean_username(value)
    # Some clients take a name with an @ for an address.
    identifiers.check_free(kind=ReservedIdentifier.Kind.EMAIL, value=name, owner_id=before.pk, field="username")
    return name


def _enter_email(user: User, email: str) -> None:
    """Set the address that the member entered. A new one is never verified; without one, clients get none either."""
    if email == user.email:
        return
    if not email and conf.email_required():
        raise InvalidValue("email", _("Enter an email address. It is required."))
    user.email, user.email_verified = email, False
    if not email:
        user.verified_email = ""


def _save(user: User, before: User, changed: list[str]) -> None:
    for kind, name in ((ReservedIdentifier.Kind.USERNAME, "username"), (ReservedIdentifier.Kind.EMAIL, "email")):
        if name in changed:
            identifiers.reserve(kind=kind, value=getattr(user, name), owner_id=user.pk)
    user.save(update_fields=[*changed, "updated_at"])
    event = signals.MemberChanged(
        user=str(user.pk),
        user_name=user.username,
        before={name: getattr(before, name) for name in changed},
        after={name: getattr(user, name) for name in changed},
        actor=str(user.pk),
    )
    signals.member_changed.send(sender=None, event=event)
    if "email" in changed:
        addresses.follow_change(user=user, before=before)
