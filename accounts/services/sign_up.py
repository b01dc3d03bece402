"""Newcomers who make their own account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from .. import conf, signals
from ..exceptions import IdentifierTaken, InvalidValue, SignUpClosed, SignUpNeedsLink, SignUpRefused
from ..models import Invitation, ReservedIdentifier, User
from . import identifiers, invitations, last_superuser, policy
from .members import NewMember, create_member
from .verification import send_verification


@dataclass(frozen=True)
class Way:
    """How somebody may make an account: by a link, or, without one, because sign-up is open."""

    invitation: Invitation | None = None


def find_way(*, token: str | None) -> Way:
    """Return the way in that ``token`` opens, or that is open to everybody without one; nothing is used up.

    :raises SignUpRefused: there is none; the error says why.
    """
    if User._meta.swapped:
        # A site with a user model of its own has its own way to new members.
        raise SignUpClosed
    if token is not None:
        return Way(invitations.find_invitation(token=token))
    mode = conf.sign_up()
    if mode == "link":
        raise SignUpNeedsLink
    if mode != "open":
        raise SignUpClosed
    return Way()


def sign_up(*, new: NewMember, token: str | None) -> User:
    """Return a new member, who made the account themselves: no operator, and with an address that nobody proved.

    A link that proves the address is mailed to it where this site sends mail. The use of a sign-up link is counted in the
    same transaction, so an account that is not made uses nothing up.

    :raises SignUpRefused: this way is closed; the error says why.
    :raises InvalidValue: a value breaks a rule.
    :raises IdentifierTaken: the user name or address is, or was, another member's; the error does not say which of it.
    """
    way = find_way(token=token)
    by_link = way.invitation is not None
    newcomer = replace(
        new,
        email_verified=False,
        is_staff=False,
        is_superuser=False,
        sign_up="link" if by_link else "open",
        invitation=str(way.invitation.pk) if way.invitation is not None else None,
    )
    if conf.email_required() and not newcomer.email.strip():
        raise InvalidValue("email", _("Enter your email address."))
    with transaction.atomic():
        if way.invitation is not None:
            invitations.count_use(invitation=way.invitation)
        try:
            user = create_member(new=newcomer, actor=None, groups=_groups_for(way))
        except IdentifierTaken as error:
            raise _discreet(error.field) from error
        if way.invitation is not None:
            invitations.note_use(invitation=way.invitation, user=user)
        send_verification(user=user)
    return user


def taken_fields(*, username: str, email: str) -> dict[str, IdentifierTaken]:
    """Return the fields whose value is, or was, another member's, so that all of them are told of at once."""
    given = {
        "username": (ReservedIdentifier.Kind.USERNAME, username),
        "email": (ReservedIdentifier.Kind.EMAIL, email),
    }
    return {
        name: _discreet(name)
        for name, (kind, value) in given.items()
        if value and identifiers.owner_of(kind=kind, value=value) is not None
    }


def tell_refusal(*, error: SignUpRefused) -> None:
    """Tell that somebody could make no account. After the transaction that was undone."""
    event = signals.SignUpRefused(reason=error.reason, invitation=error.invitation)
    signals.sign_up_refused.send(sender=None, event=event)


def _groups_for(way: Way) -> list[Group]:
    """Return the groups that a newcomer joins: the link's own, else the default ones. Within the transaction.

    What became a role since it was chosen is left out, and what was deleted is gone: neither keeps anybody out.
    """
    wanted = list(way.invitation.groups.values_list("pk", flat=True)) if way.invitation is not None else []
    keys: Iterable[Any] = wanted or conf.sign_up_groups()
    if not keys:
        return []
    # The order in which everybody locks: superusers before groups.
    last_superuser.hold_superusers()
    held = Group.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return [group for group in held if not policy.is_role(group)]


def _discreet(field: str) -> IdentifierTaken:
    """Return a refusal that tells a stranger neither whose it is nor whether they are still here."""
    if field == "email":
        return IdentifierTaken(field, _("This address can't be used. Enter another one."))
    return IdentifierTaken(field, _("This username isn't available. Choose another one."))
