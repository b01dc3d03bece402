"""Creating, changing, disabling and deleting members."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from .. import conf, signals
from ..exceptions import InvalidValue
from ..models import ReservedIdentifier, Setup, User
from . import addresses, identifiers, last_superuser, policy, sessions
from .actors import actor_key
from .groups import set_groups
from .privilege_changes import end_weak_ways_in, withdraw_ways_in
from .row_locks import hold_member, hold_member_in_reach

_NAMES = {"first_name": 50, "last_name": 50, "display_name": 100, "locale": 10}
_RANKS = ("is_staff", "is_superuser")


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """What a new member is made of."""

    username: str
    email: str = ""
    email_verified: bool = False
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    locale: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    #: ``open`` or ``link`` where the newcomer made the account themselves, and the link's primary key.
    sign_up: str | None = None
    invitation: str | None = None


def create_member(*, new: NewMember, actor: User | None, groups: Iterable[Group] = ()) -> User:
    """Return a new member, who can sign in as soon as they have a passkey.

    :raises InvalidValue: a value breaks a rule.
    :raises IdentifierTaken: the user name or address is, or was, another member's.
    :raises NotAllowed: only a superuser makes operators and gives roles.
    """
    if new.is_staff or new.is_superuser:
        policy.require_grant(actor)
    user = User(id=uuid.uuid4(), username=identifiers.clean_username(new.username))
    for name, longest in _NAMES.items():
        setattr(user, name, identifiers.clean_text(getattr(new, name), field=name, longest=longest))
    user.is_superuser = new.is_superuser
    user.is_staff = new.is_staff or new.is_superuser
    user.set_unusable_password()
    _enter_email(
        user,
        identifiers.clean_email(new.email),
        vouched=new.email_verified,
        by_operator=new.sign_up is None,
    )
    with transaction.atomic():
        _reserve(user)
        user.save(force_insert=True)
        event = signals.MemberCreated(
            user=str(user.pk),
            user_name=user.username,
            superuser=user.is_superuser,
            sign_up=new.sign_up,
            invitation=new.invitation,
            actor=actor_key(actor),
        )
        signals.member_created.send(sender=None, event=event)
        if user.is_superuser:
            # Somebody administers this service now, so the wizard is over, whoever made them.
            Setup.objects.get_or_create(id=1, defaults={"administrator_id": str(user.pk)})
        chosen = list(groups)
        if chosen:
            set_groups(member=user, groups=chosen, actor=actor)
    return user


def change_member(*, member: User, values: Mapping[str, Any], actor: User | None) -> None:
    """Change a member's fields, by an operator. ``values`` holds the fields that may differ.

    ``email_verified`` is the operator's tick: true vouches for the address, false takes that back.

    :raises InvalidValue: a value breaks a rule.
    :raises IdentifierTaken: the user name or address is, or was, another member's.
    :raises NotAllowed: the actor reaches above themselves.
    :raises LastSuperuser: it would leave no active superuser.
    """
    with transaction.atomic():
        before = hold_member_in_reach(member, actor)
        if any(name in values and values[name] != getattr(before, name) for name in _RANKS):
            policy.require_grant(actor)
        if before.is_superuser and values.get("is_superuser") is False:
            last_superuser.require_another_superuser(before)
            policy.require_another(actor, before)
        _apply(member, before, values)
        changed = [name for name in _AUDITED if getattr(before, name) != getattr(member, name)]
        if not changed:
            return
        _reserve(member)
        member.save(update_fields=[*changed, "updated_at"])
        if any(getattr(member, name) and not getattr(before, name) for name in _RANKS):
            end_weak_ways_in(user=member, actor=actor)
        if any(getattr(before, name) and not getattr(member, name) for name in _RANKS):
            sessions.end_all_sessions(user=member, reason="rights_taken", actor=actor)
        event = signals.MemberChanged(
            user=str(member.pk),
            user_name=member.username,
            before={name: getattr(before, name) for name in changed},
            after={name: getattr(member, name) for name in changed},
            actor=actor_key(actor),
        )
        signals.member_changed.send(sender=None, event=event)
        if "email" in changed:
            addresses.follow_change(user=member, before=before)


def set_permissions(*, member: User, permissions: Iterable[Permission], actor: User | None) -> None:
    """Set a member's own permissions.

    :raises NotAllowed: the actor is no superuser.
    """
    with transaction.atomic():
        # Who regroups this member at the same moment sees them with these permissions, or is done before.
        member, chosen = hold_member(member), list(permissions)
        old = list(member.user_permissions.all())
        if {permission.pk for permission in old} == {permission.pk for permission in chosen}:
            return
        before, after = (sorted(permission.codename for permission in held) for held in (old, chosen))
        policy.require_grant(actor)
        member.user_permissions.set(chosen)
        if not {permission.pk for permission in chosen} <= {permission.pk for permission in old}:
            end_weak_ways_in(user=member, actor=actor)
        event = signals.MemberChanged(
            user=str(member.pk),
            user_name=member.username,
            before={"permissions": before},
            after={"permissions": after},
            actor=actor_key(actor),
        )
        signals.member_changed.send(sender=None, event=event)


def disable_member(*, member: User, actor: User | None) -> None:
    """Keep a member from signing in and end their sessions.

    :raises NotAllowed: the actor reaches above themselves.
    :raises LastSuperuser: they are the last active superuser.
    """
    with transaction.atomic():
        last_superuser.require_another_superuser(hold_member_in_reach(member, actor))
        policy.require_another(actor, member)
        if not User.objects.filter(pk=member.pk, is_active=True).update(is_active=False):
            return
        member.is_active = False
        # Sessions first, as everywhere: who takes the same locks in another order may wait for ever.
        sessions.end_all_sessions(user=member, reason="member_disabled", actor=actor)
        # What would sign them in again must not do so on the day they are enabled.
        withdraw_ways_in(user=member, reason="member_disabled", actor=actor)
        event = signals.MemberDisabled(user=str(member.pk), user_name=member.username, actor=actor_key(actor))
        signals.member_disabled.send(sender=None, event=event)


def enable_member(*, member: User, actor: User | None) -> None:
    """Let a member sign in again.

    :raises NotAllowed: the actor reaches above themselves.
    """
    with transaction.atomic():
        hold_member_in_reach(member, actor)
        if not User.objects.filter(pk=member.pk, is_active=False).update(is_active=True):
            return
        member.is_active = True
        event = signals.MemberEnabled(user=str(member.pk), user_name=member.username, actor=actor_key(actor))
        signals.member_enabled.send(sender=None, event=event)


def delete_member(*, member: User, actor: User | None) -> None:
    """Delete a member and everything of theirs; their user name and addresses stay reserved.

    :raises NotAllowed: the actor reaches above themselves.
    :raises LastSuperuser: they are the last active superuser.
    """
    with transaction.atomic():
        last_superuser.require_another_superuser(hold_member_in_reach(member, actor, for_deletion=True))
        policy.require_another(actor, member)
        sessions.end_sessions(user=member, reason="member_deleted", actor=actor)
        event = signals.MemberDeleted(user=str(member.pk), user_name=member.username, actor=actor_key(actor))
        signals.member_deleted.send(sender=None, event=event)
        member.delete()


_AUDITED = ("username", *_NAMES, "email", "email_verified", "verified_email", *_RANKS)


def _apply(member: User, before: User, values: Mapping[str, Any]) -> None:
    for name, longest in _NAMES.items():
        text = values.get(name, getattr(before, name))
        setattr(member, name, identifiers.clean_text(text, field=name, longest=longest))
    member.username = identifiers.clean_username(values.get("username", before.username))
    for name in _RANKS:
        setattr(member, name, bool(values.get(name, getattr(before, name))))
    if member.is_superuser:
        member.is_staff = True
    email = identifiers.clean_email(values.get("email", before.email))
    member.email, member.email_verified, member.verified_email = (
        before.email,
        before.email_verified,
        before.verified_email,
    )
    vouched = bool(values.get("email_verified", before.email_verified and email == before.email))
    _enter_email(member, email, vouched=vouched)


def _enter_email(user: User, email: str, *, vouched: bool, by_operator: bool = True) -> None:
    """Set the address that somebody entered; an unproved one leaves the last proved one to the clients."""
    is_new = email != user.email
    proved = bool(email) and (vouched or (by_operator and is_new and conf.emails_verified()))
    if not proved and user.verified_email and identifiers.key_of(user.verified_email) == identifiers.key_of(email):
        user.verified_email = ""
    user.email = email
    user.email_verified = proved
    if proved:
        user.verified_email = email
    elif not email:
        user.verified_email = ""


def _reserve(user: User) -> None:
    identifiers.reserve(kind=ReservedIdentifier.Kind.USERNAME, value=user.username, owner_id=user.pk)
    identifiers.reserve(kind=ReservedIdentifier.Kind.EMAIL, value=user.email, owner_id=user.pk)


def find_member(name: str) -> User:
    """Return the member with this user name or address, in any letter case.

    :raises InvalidValue: there is none, or it is one member's user name and another's address.
    """
    by_name = User.objects.filter(username__iexact=name).first()
    if "@" not in name:
        found = by_name
    else:
        carries = Q(email__iexact=name) | Q(verified_email__iexact=name)
        others = User.objects.exclude(pk=by_name.pk) if by_name else User.objects.all()
        if by_name is not None and (other := others.filter(carries).first()) is not None:
            # Whoever chose that name may have chosen it for this moment.
            raise InvalidValue(
                "username",
                f"{name!r} is the user name of one member and the address of another ({other.username!r}). "
                f"Name the one by their own address, the other by their user name.",
            )
        found = by_name or others.filter(email__iexact=name).first()
    if found is None:
        raise InvalidValue("username", f"There is no member {name!r}.")
    return found
