"""Rotation, the grace for a lost answer, and what ends a family."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from oidc_clients.models import AccessToken, Client, Consent, RefreshToken
from oidc_clients.services.access import recheck_access, revoke_access, revoke_consent, revoke_member
from tests.support.oidc_protocol.factories import (
    code_for,
    make_client,
    make_member,
    redeem,
    refresh,
    tokens_for,
    userinfo,
)

pytestmark = pytest.mark.django_db
OTHER_SECRET = "the-other-clients-secret-012345"


def age(refresh_token_rows: Any, seconds: float) -> None:
    for row in refresh_token_rows:
        RefreshToken.objects.filter(pk=row.pk).update(rotated_at=row.rotated_at - timedelta(seconds=seconds))


# C01, V56
def test_a_refresh_token_is_for_its_client_and_its_scopes() -> None:
    client, member = make_client(), make_member()
    other = make_client("other", secret=OTHER_SECRET)
    tokens = tokens_for(member, client, scope="openid email")
    refused = refresh(other, tokens["refresh_token"], secret=OTHER_SECRET)
    assert refused.json()["error"] == "invalid_grant"
    wider = refresh(client, tokens["refresh_token"], scope="openid email groups")
    assert wider.status_code == 400
    assert wider.json()["error"] == "invalid_scope"
    narrower = refresh(client, tokens["refresh_token"], scope="openid").json()
    assert narrower["scope"] == "openid"
    assert set(userinfo(narrower["access_token"]).json()) == {"sub"}
    assert refresh(client, narrower["refresh_token"]).json()["scope"] == "openid email"


# C02
def test_late_reuse_ends_the_family() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    second = refresh(client, tokens["refresh_token"]).json()
    age(RefreshToken.objects.exclude(rotated_at=None), 11)
    assert refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(client, second["refresh_token"]).status_code == 400
    assert userinfo(second["access_token"]).status_code == 401
    assert userinfo(tokens["access_token"]).status_code == 401


# C03
def test_a_lost_answer_is_given_again() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    first = refresh(client, tokens["refresh_token"])
    again = refresh(client, tokens["refresh_token"])
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert RefreshToken.objects.count() == AccessToken.objects.count() == 2


# C03
def test_without_grace_every_reuse_ends_the_family(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(0)
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    second = refresh(client, tokens["refresh_token"]).json()
    assert not RefreshToken.objects.exclude(grace_answer="").exists()
    assert refresh(client, tokens["refresh_token"]).status_code == 400
    assert refresh(client, second["refresh_token"]).status_code == 400


# C04, V47
def test_grace_is_for_the_immediate_predecessor_only() -> None:
    client, member = make_client(), make_member()
    first = tokens_for(member, client)
    second = refresh(client, first["refresh_token"]).json()
    third = refresh(client, second["refresh_token"]).json()
    assert refresh(client, first["refresh_token"]).status_code == 400
    assert refresh(client, third["refresh_token"]).status_code == 400


# C04, V47
def test_grace_never_revives_what_was_revoked() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    refresh(client, tokens["refresh_token"])
    assert revoke_access(user=member, client=client, reason="test")
    refused = refresh(client, tokens["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_another_client_cannot_ask_for_the_answer_again_nor_end_the_family() -> None:
    client, member = make_client(), make_member()
    other = make_client("other", secret=OTHER_SECRET)
    tokens = tokens_for(member, client)
    second = refresh(client, tokens["refresh_token"]).json()
    age(RefreshToken.objects.exclude(rotated_at=None), 60)
    assert refresh(other, tokens["refresh_token"], secret=OTHER_SECRET).status_code == 400
    assert refresh(client, second["refresh_token"]).status_code == 200


# C06, V21
@pytest.mark.parametrize("column", ["idle_expires_at", "expires_at"])
def test_both_ends_are_enforced_at_use(column: str) -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    row = RefreshToken.objects.get()
    assert row.idle_expires_at - timezone.now() <= timedelta(days=30)
    assert row.expires_at - timezone.now() <= timedelta(days=90)
    kept = getattr(row, column)
    RefreshToken.objects.update(**{column: timezone.now()})
    assert refresh(client, tokens["refresh_token"]).status_code == 400
    RefreshToken.objects.update(**{column: kept})
    assert refresh(client, tokens["refresh_token"]).status_code == 200
    assert RefreshToken.objects.latest("pk").expires_at == row.expires_at


def _disable(member: Any, client: Client) -> None:
    member.is_active = False
    member.save()


def _delete_member(member: Any, client: Client) -> None:
    member.delete()


def _leave_group(member: Any, client: Client) -> None:
    member.groups.clear()


def _delete_group(member: Any, client: Client) -> None:
    Group.objects.all().delete()


def _close(member: Any, client: Client) -> None:
    client.allowed_groups.clear()


def _delete_client(member: Any, client: Client) -> None:
    client.delete()


def _delete_consent(member: Any, client: Client) -> None:
    Consent.objects.all().delete()


def _revoke_consent(member: Any, client: Client) -> None:
    assert revoke_consent(user=member, client=client)


LOSSES = [
    _disable,
    _delete_member,
    _leave_group,
    _delete_group,
    _close,
    _delete_client,
    _delete_consent,
    _revoke_consent,
]


# C05, A16, V3
@pytest.mark.parametrize("grant", ["code", "refresh"])
@pytest.mark.parametrize("lose", LOSSES)
def test_what_was_lost_since_is_refused(lose: Any, grant: str) -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    tokens = tokens_for(member, client)
    code = code_for(member, client)
    # The twins: until then all of it works.
    assert userinfo(tokens["access_token"]).status_code == 200
    assert redeem(client, code_for(member, client)).status_code == 200
    tokens = refresh(client, tokens["refresh_token"]).json()
    lose(member, client)
    refused = redeem(client, code) if grant == "code" else refresh(client, tokens["refresh_token"])
    assert refused.status_code in (400, 401)
    assert refused.json()["error"] in ("invalid_grant", "invalid_client")
    if lose is not _delete_consent:
        assert userinfo(tokens["access_token"]).status_code == 401


def test_losing_a_group_revokes_there_and_nowhere_else() -> None:
    group = Group.objects.create(name="family")
    restricted, free = make_client(groups=(group,)), make_client("free")
    member, colleague = make_member(), make_member("colleague")
    for person in (member, colleague):
        person.groups.add(group)
    lost, kept = tokens_for(member, restricted), tokens_for(member, free)
    other = tokens_for(colleague, restricted)
    member.groups.clear()
    assert recheck_access(user=member, reason="group_left") == 1
    member.groups.add(group)
    # Back in the group, but what was revoked stays so.
    assert userinfo(lost["access_token"]).status_code == 401
    assert refresh(restricted, lost["refresh_token"]).status_code == 400
    assert userinfo(kept["access_token"]).status_code == 200
    assert userinfo(other["access_token"]).status_code == 200
    assert recheck_access(client=restricted, reason="group_removed") == 0
    restricted.allowed_groups.clear()
    assert recheck_access(client=restricted, reason="group_removed") == 1
    assert revoke_member(user=member, reason="disabled") == 1
    assert userinfo(kept["access_token"]).status_code == 401


# G02
def test_a_new_member_with_an_old_address_is_somebody_else() -> None:
    client, member = make_client(), make_member()
    first = userinfo(tokens_for(member, client)["access_token"]).json()
    member.delete()
    again = make_member()
    second = userinfo(tokens_for(again, client)["access_token"]).json()
    assert first["email"] == second["email"]
    assert first["sub"] != second["sub"]
