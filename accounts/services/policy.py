"""Who may do what to whom. Nobody reaches above themselves; forms, actions, imports and commands all ask here.

An actor of None is the machine's own administrator, at the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..exceptions import NotAllowed
from ..models import Invitation


def permissions_of(user: Any) -> frozenset[str]:
    """Return the permissions that a member holds by themselves and by groups, whether enabled or not.

    Django's own answer is empty for a disabled member, and who is enabled again holds them again.
    """
    rows = Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()
    return frozenset(f"{label}.{name}" for label, name in rows.values_list("content_type__app_label", "codename"))


def may_touch(actor: Any | None, target: Any) -> bool:
    """Return whether ``actor`` may edit, disable, delete or regroup ``target``, change their address, make them a
    code, or remove their sessions and passkeys: never a superuser or anyone with a permission the actor lacks.
    """
    if actor is None or (actor.is_active and actor.is_superuser):
        return True
    if not actor.is_active or target.is_superuser:
        return False
    if actor.pk != target.pk and target.is_staff and not actor.is_staff:
        return False
    return permissions_of(target) <= permissions_of(actor)


def may_grant(actor: Any | None) -> bool:
    """Return whether ``actor`` may set superuser, operator, permissions and roles."""
    return actor is None or bool(actor.is_active and actor.is_superuser)


def may_make_code(actor: Any | None, target: Any) -> bool:
    """Return whether ``actor`` may make a one-time code for ``target``; for operators only a superuser may."""
    if actor is not None and actor.pk == target.pk:
        # A code that one makes for oneself would be a way around the passkey.
        return False
    if target.is_staff or target.is_superuser:
        return may_grant(actor)
    return may_touch(actor, target)


def may_mail_code(actor: Any | None, target: Any) -> bool:
    """Return whether ``actor`` may let a code be mailed to ``target``: a mailbox is no way into an operator's account."""
    return not (target.is_staff or target.is_superuser) and may_make_code(actor, target)


def may_invite(actor: Any | None) -> bool:
    """Return whether ``actor`` may make sign-up links: a superuser, or an operator who was given that permission."""
    return may_grant(actor) or _is_operator_with(actor, "add_invitation")


def who_may_invite(pks: Iterable[Any]) -> frozenset[Any]:
    """Return those of the members whom :func:`may_invite` lets make sign-up links, by one statement."""
    name = {"codename": "add_invitation", "content_type__app_label": Invitation._meta.app_label}
    permission = Permission.objects.filter(**name)
    holds = Q(user_permissions__in=permission) | Q(groups__permissions__in=permission)
    able = Q(is_superuser=True) | Q(is_staff=True) & holds
    members = get_user_model()._default_manager.filter(able, pk__in=list(pks), is_active=True)
    return frozenset(members.values_list("pk", flat=True))


def may_revoke_invitation(actor: Any | None) -> bool:
    """Return whether ``actor`` may revoke anybody's sign-up links."""
    return may_grant(actor) or _is_operator_with(actor, "change_invitation")


def _is_operator_with(actor: Any, codename: str) -> bool:
    if not (actor.is_active and actor.is_staff):
        return False
    return f"{Invitation._meta.app_label}.{codename}" in permissions_of(actor)


def is_role(group: Group) -> bool:
    """Return whether a group carries permissions or is marked as a role."""
    details = getattr(group, "details", None)
    return bool(details is not None and details.is_role) or group.permissions.exists()


def require_touch(actor: Any | None, target: Any) -> None:
    """:raises NotAllowed: unless :func:`may_touch`."""
    if not may_touch(actor, target):
        raise NotAllowed


def require_another(actor: Any | None, target: Any) -> None:
    """:raises NotAllowed: when they are the same: nobody locks themselves out by mistake."""
    if actor is not None and actor.pk == target.pk:
        raise NotAllowed(_("You can't do this to yourself."))


def require_grant(actor: Any | None) -> None:
    """:raises NotAllowed: unless :func:`may_grant`."""
    if not may_grant(actor):
        raise NotAllowed
