"""What a member is to clients."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from ..models import User

#: A group that is marked as a role, or carries permissions all the same.
_IS_ROLE = Q(details__is_role=True) | Q(permissions__isnull=False)


@dataclass(frozen=True)
class ReleasedEmail:
    """The address that clients see, and whether it was proved or vouched for."""

    address: str
    verified: bool


def released_email(user: User) -> ReleasedEmail | None:
    """Return the address for clients: until a new one is verified, the last verified one."""
    if user.email_verified and user.email:
        return ReleasedEmail(user.email, True)
    if user.verified_email:
        return ReleasedEmail(user.verified_email, True)
    return ReleasedEmail(user.email, False) if user.email else None


def released_groups(user: User) -> tuple[str, ...]:
    """Return the technical names of the member's groups, roles left out, in order."""
    return tuple(groups_of(user).values_list("name", flat=True))


def groups_of(user: User) -> QuerySet[Group]:
    """Return the member's groups, roles left out, in order."""
    return user.groups.exclude(_IS_ROLE).order_by("name")


def selectable_groups() -> QuerySet[Group]:
    """Return the groups that clients can be opened to: those that are no roles."""
    return Group.objects.exclude(_IS_ROLE).order_by("name")
