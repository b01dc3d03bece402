from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.services import groups
from accounts.services.claims import released_groups, selectable_groups
from tests.support.accounts.people import make

pytestmark = pytest.mark.django_db


def test_a_group_with_permissions_stays_out_of_the_claim_when_its_role_mark_is_taken() -> None:
    member = make("ada")
    role = groups.create_group(friendly_name="Keepers", actor=None)
    plain = groups.create_group(friendly_name="Family", actor=None)
    groups.set_group_permissions(group=role, permissions=Permission.objects.all()[:1], actor=None)
    groups.set_groups(member=member, groups=[role, plain], actor=None)
    groups.change_group(
        group=Group.objects.get(pk=role.pk), friendly_name="Keepers", name="keepers", is_role=False, actor=None
    )
    assert released_groups(member) == ("family",)
    assert list(selectable_groups()) == [plain]


def test_a_group_of_a_site_that_knew_no_roles_is_judged_by_its_permissions() -> None:
    member = make("ada")
    role, plain = Group.objects.create(name="editors"), Group.objects.create(name="readers")
    role.permissions.set(Permission.objects.all()[:2])
    member.groups.set([role, plain])
    assert released_groups(member) == ("readers",)


def test_setting_the_same_permissions_again_gives_the_role_mark_back() -> None:
    role = groups.create_group(friendly_name="Keepers", actor=None)
    permissions = list(Permission.objects.all()[:1])
    groups.set_group_permissions(group=role, permissions=permissions, actor=None)
    groups.change_group(
        group=Group.objects.get(pk=role.pk), friendly_name="Keepers", name="keepers", is_role=False, actor=None
    )
    groups.set_group_permissions(group=role, permissions=permissions, actor=None)
    assert Group.objects.get(pk=role.pk).details.is_role
