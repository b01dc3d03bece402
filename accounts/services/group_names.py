"""Groups as people described them: by their name, and as a role or not."""

from __future__ import annotations

from django.contrib.auth.models import Group


def friendly_name(group: Group) -> str:
    """Return what people call the group."""
    details = getattr(group, "details", None)
    return details.friendly_name if details else group.name


def told_apart(group: Group) -> str:
    """Return such as *Kitchen staff (kitchen_staff)*."""
    name = friendly_name(group)
    return name if name == group.name else f"{name} ({group.name})"


def is_marked_role(group: Group) -> bool:
    """Return whether the group is marked as a role; one that carries permissions is one in any case."""
    details = getattr(group, "details", None)
    return bool(details and details.is_role)
