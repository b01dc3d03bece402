"""The operators' pages for members and groups, where members are this app's."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import admin as auth_admin  # noqa: F401  # registers its own pages first, which are replaced below
from django.contrib.auth.models import Group

from ..models import Invitation, ReservedIdentifier, User
from .groups import GroupAdmin
from .identifiers import ReservedIdentifierAdmin
from .invitations import InvitationAdmin
from .members import MemberAdmin

# Beside another user model this app has no members to administer.
if apps.is_installed("django.contrib.admin") and not User._meta.swapped:
    admin.site.register(User, MemberAdmin)
    if admin.site.is_registered(Group):
        admin.site.unregister(Group)
    admin.site.register(Group, GroupAdmin)
    admin.site.register(Invitation, InvitationAdmin)
    admin.site.register(ReservedIdentifier, ReservedIdentifierAdmin)
