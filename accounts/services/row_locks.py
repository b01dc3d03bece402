"""Rows as they are now, kept so until the transaction ends: what was read before a lock decides nothing.

Everybody locks in one order, so that nobody waits in a circle: superusers, then members, then groups, each by primary
key. On SQLite the transaction itself is the lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from ..exceptions import InvalidValue
from ..models import User
from . import last_superuser, policy


def hold_member(member: User, *, for_deletion: bool = False) -> User:
    """Return the member's row. Requests that write rows for the member wait for a lock ``for_deletion``.

    :raises InvalidValue: the member was deleted meanwhile.
    """
    last_superuser.hold_superusers()
    rows = get_user_model()._default_manager.select_for_update(no_key=not for_deletion)
    held = rows.filter(pk=member.pk).first()
    if held is None:
        raise InvalidValue("username", _("This member has been deleted."))
    return held


def hold_member_in_reach(member: User, actor: User | None, *, for_deletion: bool = False) -> User:
    """Return the member's row. Who was made a superuser meanwhile is out of reach.

    :raises NotAllowed: the actor reaches above themselves.
    :raises InvalidValue: the member was deleted meanwhile.
    """
    held = hold_member(member, for_deletion=for_deletion)
    policy.require_touch(actor, held)
    return held


def hold_groups(groups: Iterable[Group]) -> list[Group]:
    """Return the groups' rows. A group that is made a role meanwhile is one from here on.

    :raises InvalidValue: one of them was deleted meanwhile.
    """
    wanted = {group.pk for group in groups}
    held = list(Group.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(held) != len(wanted):
        raise InvalidValue("groups", _("This group has been deleted."))
    return held
