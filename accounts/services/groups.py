"""Groups, roles and who belongs to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from .. import signals
from ..exceptions import IdentifierTaken, InvalidValue
from ..models import GroupDetails, User
from . import policy
from .actors import actor_key
from .identifiers import clean_text
from .privilege_changes import end_weak_ways_in
from .row_locks import hold_groups, hold_member
from .sessions import end_all_sessions

_LONGEST_NAME = 150


def derive_name(friendly_name: str) -> str:
    """Return the technical name for a friendly one: lower case, ASCII letters and digits joined by ``_``."""
    plain = unicodedata.normalize("NFKD", friendly_name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "group"


def create_group(
    *, friendly_name: str, actor: User | None, name: str = "", is_role: bool = False, members: Iterable[User] = ()
) -> Group:
    """Return a new group. Without ``name`` the technical name is derived from the friendly one.

    :raises InvalidValue: a name is too short, too long or has control characters.
    :raises IdentifierTaken: another group has the technical name.
    :raises NotAllowed: only a superuser makes roles.
    """
    if is_role:
        policy.require_grant(actor)
    friendly = _clean_friendly(friendly_name)
    technical = _clean_technical(name) if name.strip() else _free_name(derive_name(friendly))
    with transaction.atomic():
        group = _save(Group(name=technical))
        GroupDetails.objects.create(group=group, friendly_name=friendly, is_role=is_role)
        event = signals.GroupCreated(group=str(group.pk), name=technical, actor=actor_key(actor))
        signals.group_created.send(sender=None, event=event)
        for member in members:
            _move(hold_member(member), joined=[group], left=[], actor=actor)
    return group


def change_group(*, group: Group, friendly_name: str, name: str, is_role: bool, actor: User | None) -> None:
    """Rename a group; the two names are independent of each other.

    :raises InvalidValue: a name is too short, too long or has control characters.
    :raises IdentifierTaken: another group has the technical name.
    :raises NotAllowed: only a superuser touches roles.
    """
    with transaction.atomic():
        (stored,) = hold_groups([group])
        details, _created = GroupDetails.objects.get_or_create(group=group, defaults={"friendly_name": group.name[:50]})
        if is_role or details.is_role or policy.is_role(stored):
            policy.require_grant(actor)
        before = {"friendly_name": details.friendly_name, "name": stored.name, "is_role": details.is_role}
        # What carries permissions is a role, whatever the form says.
        is_role = is_role or stored.permissions.exists()
        after = {"friendly_name": _clean_friendly(friendly_name), "name": _clean_technical(name), "is_role": is_role}
        changed = [key for key in after if after[key] != before[key]]
        if not changed:
            return
        group.name = str(after["name"])
        _save(group)
        details.friendly_name, details.is_role = str(after["friendly_name"]), is_role
        details.save()
        if is_role and "is_role" in changed:
            _raise_members(group, actor)
        event = signals.GroupChanged(
            group=str(group.pk),
            name=group.name,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
            actor=actor_key(actor),
        )
        signals.group_changed.send(sender=None, event=event)


def set_group_permissions(*, group: Group, permissions: Iterable[Permission], actor: User | None) -> None:
    """Set what a role may do; a group that is given a permission becomes a role, and leaves the ``groups`` claim.

    :raises NotAllowed: the actor is no superuser.
    """
    with transaction.atomic():
        # Who adds a member at the same moment sees a role, or is done before.
        (group,) = hold_groups([group])
        old, chosen = list(group.permissions.all()), list(permissions)
        if chosen:
            GroupDetails.objects.filter(group=group, is_role=False).update(is_role=True)
        if {permission.pk for permission in old} == {permission.pk for permission in chosen}:
            return
        before, after = (sorted(permission.codename for permission in held) for held in (old, chosen))
        policy.require_grant(actor)
        group.permissions.set(chosen)
        if not {permission.pk for permission in chosen} <= {permission.pk for permission in old}:
            _raise_members(group, actor)
        event = signals.GroupChanged(
            group=str(group.pk),
            name=group.name,
            before={"permissions": before},
            after={"permissions": after},
            actor=actor_key(actor),
        )
        signals.group_changed.send(sender=None, event=event)


def delete_group(*, group: Group, actor: User | None) -> None:
    """Delete a group. A client that was open to it alone stays restricted, open to nobody.

    :raises NotAllowed: it is a role, or a member of it is above the actor.
    """
    with transaction.atomic():
        for member in group.user_set.order_by("pk"):
            hold_member(member)
        (held,) = hold_groups([group])
        if policy.is_role(held):
            policy.require_grant(actor)
        members = list(held.user_set.all())
        for member in members:
            policy.require_touch(actor, member)
        event = signals.GroupDeleted(
            group=str(group.pk),
            name=group.name,
            members=tuple(str(member.pk) for member in members),
            actor=actor_key(actor),
        )
        group_pk = group.pk
        group.delete()
        group.pk = group_pk
        signals.group_deleted.send(sender=None, event=event)


def set_groups(*, member: User, groups: Iterable[Group], actor: User | None) -> None:
    """Set the groups that a member belongs to.

    :raises NotAllowed: the actor reaches above themselves, or gives or takes a role without being a superuser.
    :raises InvalidValue: the member or a group was deleted meanwhile.
    """
    with transaction.atomic():
        held = hold_member(member)
        before = {group.pk: group for group in held.groups.all()}
        after = {group.pk: group for group in groups}
        joined = [after[key] for key in after if key not in before]
        left = [before[key] for key in before if key not in after]
        _move(held, joined=joined, left=left, actor=actor)


def set_members(*, group: Group, members: Iterable[User], actor: User | None) -> None:
    """Set who belongs to a group.

    :raises NotAllowed: one who joins or leaves is above the actor, or the group is a role.
    :raises InvalidValue: a member or the group was deleted meanwhile.
    """
    with transaction.atomic():
        before = {member.pk: member for member in group.user_set.all()}
        after = {member.pk: member for member in members}
        joining = [member for key, member in after.items() if key not in before]
        leaving = [member for key, member in before.items() if key not in after]
        move_members(group=group, joining=joining, leaving=leaving, actor=actor)


def move_members(*, group: Group, joining: Iterable[User], leaving: Iterable[User], actor: User | None) -> None:
    """Add members to a group and remove others. Who is named twice leaves; everyone else stays as they are.

    :raises NotAllowed: one who joins or leaves is above the actor, or the group is a role.
    :raises InvalidValue: a member or the group was deleted meanwhile.
    """
    with transaction.atomic():
        after = {member.pk: (member, True) for member in joining}
        after |= {member.pk: (member, False) for member in leaving}
        for key in sorted(after):
            member, belongs = after[key]
            held = hold_member(member)
            if held.groups.filter(pk=group.pk).exists() is belongs:
                continue
            joined, left = ([group], []) if belongs else ([], [group])
            _move(held, joined=joined, left=left, actor=actor)


def _raise_members(group: Group, actor: User | None) -> None:
    """Follow what a held group's members were given. Who joins at this moment waits for the group's row."""
    for member in group.user_set.order_by("pk"):
        end_weak_ways_in(user=member, actor=actor)


def _move(member: User, *, joined: list[Group], left: list[Group], actor: User | None) -> None:
    """Move a held member between groups. What the actor may is asked of the rows as they are now."""
    if not joined and not left:
        return
    policy.require_touch(actor, member)
    roles = {group.pk for group in hold_groups([*joined, *left]) if policy.is_role(group)}
    if roles:
        policy.require_grant(actor)
    member.groups.remove(*left)
    member.groups.add(*joined)
    if any(group.pk in roles for group in joined):
        end_weak_ways_in(user=member, actor=actor)
    if any(group.pk in roles for group in left):
        end_all_sessions(user=member, reason="rights_taken", actor=actor)
    event = signals.MembershipChanged(
        user=str(member.pk),
        user_name=member.get_username(),
        joined=tuple(group.name for group in joined),
        left=tuple(group.name for group in left),
        actor=actor_key(actor),
    )
    signals.membership_changed.send(sender=None, event=event)


def group_by_name(name: str) -> Group:
    """Return the group with this technical name.

    :raises InvalidValue: there is none.
    """
    found = Group.objects.filter(name=name).first()
    if found is None:
        raise InvalidValue("groups", f"There is no group {name!r}.")
    return found


def _clean_friendly(value: str) -> str:
    text = clean_text(value, field="friendly_name", longest=50)
    if len(text) < 2:
        raise InvalidValue("friendly_name", _("Use at least 2 characters."))
    return text


def _clean_technical(value: str) -> str:
    text = clean_text(value, field="name", longest=_LONGEST_NAME)
    if len(text) < 2:
        raise InvalidValue("name", _("Use at least 2 characters."))
    return text


def _free_name(name: str) -> str:
    taken = set(Group.objects.filter(name__startswith=name[:100]).values_list("name", flat=True))
    if name not in taken:
        return name
    return next(
        f"{name[:100]}_{number}" for number in range(2, len(taken) + 3) if f"{name[:100]}_{number}" not in taken
    )


def _save(group: Group) -> Group:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise IdentifierTaken("name", _("Another group already has this technical name.")) from error
    return group
