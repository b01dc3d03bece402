"""The last door stays open: somebody can always administer this service."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from .. import adapters
from ..exceptions import LastSuperuser
from ..models import User


def is_last_active_superuser(user: Any) -> bool:
    """Return whether no other active superuser is left who can sign in, or none at all.

    Holds the superusers' rows until the transaction ends. Where nobody of them can sign in, the set-up is under way
    and each of them counts.

    Two requests that take each other's superuser away meet at the lock, and the second sees what the first did;
    on SQLite the transaction itself is the lock.
    """
    if User._meta.swapped:
        return False
    held = list(_active_superusers())
    others = [row for row in held if row.pk != user.pk]
    if len(others) == len(held):
        return False
    can_sign_in = adapters.ask_can_sign_in()
    return not others or (can_sign_in(user) and not any(can_sign_in(other) for other in others))


def hold_superusers() -> None:
    """Lock the active superusers' rows, in order, until the transaction ends.

    To be called before any other member's row is locked: two superusers who demote each other would otherwise each
    hold what the other waits for, and PostgreSQL would end one of them with an error instead of a refusal.
    """
    if User._meta.swapped:
        return
    list(_active_superusers().values_list("pk"))


def _active_superusers() -> QuerySet[User]:
    return User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True).order_by("pk")


def require_another_superuser(user: Any) -> None:
    """Make sure that ``user`` may be disabled, demoted or deleted. Within the transaction that does it.

    :raises LastSuperuser: they are the last active superuser.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("needs a transaction")
    if is_last_active_superuser(user):
        raise LastSuperuser
