"""Custom claims in the ID token and in userinfo."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts.models import GroupDetails
from oidc_clients.models import CustomClaim
from oidc_clients.protocol.custom_claims import typed_value
from oidc_clients.services.custom_claims import save_custom_claim
from tests.support.oidc_protocol.factories import make_client, make_member, tokens_for, userinfo, verified_claims

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ('{"a": null}', {"a": None}),
        ('"5"', "5"),
        ("garden", "garden"),
        ("", ""),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("[" * 3000, "[" * 3000),
        ("null", None),
    ],
)
def test_a_text_is_json_where_it_parses(text: str, value: Any) -> None:
    assert typed_value(text) == value


@pytest.mark.parametrize("wired", [False, True])
def test_members_and_groups_claims_come_with_profile_and_only_then(settings: Any, *, wired: bool) -> None:
    if wired:
        settings.HEARTHKEY_OIDC_CLIENTS_CLAIMS = "config.wiring.adapters.claims"
        settings.ROOT_URLCONF = "config.urls"
    member, stranger, client = make_member(), make_member("stranger"), make_client()
    family, garden = Group.objects.create(name="family"), Group.objects.create(name="garden")
    member.groups.set([family, garden])
    for owner, name, value in (
        ({"group": garden}, "room", "shed"),
        ({"group": family}, "room", "kitchen"),
        ({"group": family}, "level", "1"),
        ({"user": member}, "level", "2"),
        ({"user": stranger}, "secret", "x"),
    ):
        CustomClaim.objects.create(name=name, value=value, **owner)
    tokens = tokens_for(member, client, scope="openid profile groups")
    for claims in (verified_claims(tokens["id_token"]), userinfo(tokens["access_token"]).json()):
        assert (claims["room"], claims["level"]) == ("kitchen", 2)
        assert "secret" not in claims
        assert claims["groups"] == ["family", "garden"]
    without = userinfo(tokens_for(member, client, scope="openid groups")["access_token"]).json()
    assert "room" not in without
    assert without["groups"] == ["family", "garden"]


def test_a_group_that_became_a_role_shows_no_claim(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_CLAIMS = "config.wiring.adapters.claims"
    settings.ROOT_URLCONF = "config.urls"
    member, client, group = make_member(), make_client(), Group.objects.create(name="helpers")
    member.groups.set([group])
    CustomClaim.objects.create(group=group, name="room", value="shed")
    tokens = tokens_for(member, client)
    assert userinfo(tokens["access_token"]).json()["room"] == "shed"
    GroupDetails.objects.create(group=group, friendly_name="Helpers", is_role=True)
    told = userinfo(tokens["access_token"]).json()
    assert "room" not in told
    assert told["groups"] == []


# G03
def test_a_reserved_name_that_got_into_the_table_is_not_released() -> None:
    member, client = make_member(), make_client()
    CustomClaim.objects.create(user=member, name="sub", value="root")
    CustomClaim.objects.create(user=member, name="role", value="gardener")
    claims = userinfo(tokens_for(member, client)["access_token"]).json()
    assert claims["sub"] == str(member.pk)
    assert claims["role"] == "gardener"


def test_the_database_holds_one_owner_and_one_claim_of_a_name() -> None:
    member, family = make_member(), Group.objects.create(name="family")
    CustomClaim.objects.create(user=member, name="role", value="1")
    for owner in ({}, {"user": member, "group": family}, {"user": member}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CustomClaim.objects.create(name="role", value="2", **owner)


# G04
@pytest.mark.parametrize(("scope", "expected"), [("openid profile", "editor"), ("profile", "editor"), ("openid", None)])
def test_signed_access_token_carries_custom_claims_when_profile_is_granted(scope: str, expected: str | None) -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    save_custom_claim(claim=None, user=member, group=None, name="role", value="editor", actor=None)
    claims = verified_claims(tokens_for(member, client, scope=scope)["access_token"])
    assert claims.get("role") == expected
    assert "name" not in claims
