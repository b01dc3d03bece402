"""What operators tell clients about members beyond the standard claims."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client as Browser

from accounts.services.groups import create_group
from audit.models import Event
from oidc_clients.exceptions import CustomClaimRefused
from oidc_clients.models import CustomClaim
from oidc_clients.protocol.custom_claims import MAX_VALUE_LENGTH
from oidc_clients.services.custom_claims import save_custom_claim
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
ADD = "/admin/hearthkey_oidc_clients/customclaim/add/"


def add(browser: Browser, **fields: Any) -> Any:
    return browser.post(ADD, {"user": "", "group": "", "name": "department", "value": "garden", **fields})


@pytest.fixture
def colin() -> Any:
    return get_user_model().objects.create(username="colin", email="colin@example.com")


def test_a_claim_is_made_changed_and_removed_and_each_is_told(browser: Browser, colin: Any) -> None:
    assert add(browser, user=colin.pk).status_code == 302
    claim = CustomClaim.objects.get()
    page = f"/admin/hearthkey_oidc_clients/customclaim/{claim.pk}/"
    assert browser.get(f"{page}change/").status_code == 200
    assert browser.post(f"{page}change/", {"name": "department", "value": "kitchen"}).status_code == 302
    claim.refresh_from_db()
    assert (claim.user, claim.value) == (colin, "kitchen")
    assert browser.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert not CustomClaim.objects.exists()
    told = Event.objects.filter(name__startswith="custom_claim_").order_by("at")
    assert [(event.name, event.data.get("before"), event.data.get("after")) for event in told] == [
        ("custom_claim_changed", None, "garden"),
        ("custom_claim_changed", "garden", "kitchen"),
        ("custom_claim_removed", "kitchen", None),
    ]
    assert {event.subject_id for event in told} == {str(colin.pk)}


# G03
@pytest.mark.parametrize(
    "name", ["sub", "SUB", "iss", "aud", "exp", "groups", "email_verified", "", "a b", 'a"', "x" * 129]
)
def test_a_name_that_is_taken_or_malformed_is_refused_at_its_field(browser: Browser, colin: Any, name: str) -> None:
    refused = add(browser, user=colin.pk, name=name)
    assert refused.status_code == 200
    assert "name" in refused.context["adminform"].form.errors
    assert not CustomClaim.objects.exists()
    assert add(browser, user=colin.pk, name="https://example.com/role").status_code == 302


def test_a_value_has_a_limit(browser: Browser, colin: Any) -> None:
    assert add(browser, user=colin.pk, value="x" * (MAX_VALUE_LENGTH + 1)).status_code == 200
    assert not CustomClaim.objects.exists()
    assert add(browser, user=colin.pk, value="x" * MAX_VALUE_LENGTH).status_code == 302


def test_a_claim_has_one_owner_and_one_name(browser: Browser, colin: Any) -> None:
    family = Group.objects.create(name="family")
    assert add(browser).status_code == 200
    assert add(browser, user=colin.pk, group=family.pk).status_code == 200
    assert not CustomClaim.objects.exists()
    assert add(browser, user=colin.pk).status_code == 302
    assert add(browser, user=colin.pk).status_code == 200
    assert add(browser, group=family.pk).status_code == 302
    assert CustomClaim.objects.count() == 2


def test_nobody_says_anything_of_who_is_above_them(browser: Browser, operator: Any, colin: Any) -> None:
    steve = get_user_model().objects.create(username="steve", email="steve@example.com", is_staff=True)
    steve.user_permissions.set(Permission.objects.filter(content_type__model="customclaim"))
    theirs = Browser(HTTP_HOST="localhost:1411")
    theirs.force_login(steve)
    assert add(theirs, user=operator.pk).status_code == 200
    assert not CustomClaim.objects.exists()
    assert add(theirs, user=colin.pk).status_code == 302
    assert add(browser, user=operator.pk).status_code == 302
    above = CustomClaim.objects.get(user=operator)
    page = f"/admin/hearthkey_oidc_clients/customclaim/{above.pk}/"
    assert theirs.post(f"{page}change/", {"name": "department", "value": "x"}).status_code == 403
    assert theirs.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    above.refresh_from_db()
    assert above.value == "garden"


def test_a_claim_that_somebody_removed_meanwhile_is_not_made_again(browser: Browser, colin: Any) -> None:
    add(browser, user=colin.pk)
    seen = CustomClaim.objects.get()
    change = {"user": colin, "group": None, "name": "department", "value": "kitchen", "actor": None}
    assert save_custom_claim(claim=seen, **change).value == "kitchen"
    CustomClaim.objects.all().delete()
    with pytest.raises(CustomClaimRefused, match="removed meanwhile"):
        save_custom_claim(claim=seen, **change)
    assert not CustomClaim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_operators_who_add_the_same_claim_at_once_one_does_and_the_rest_are_told(
    operator: Any, colin: Any
) -> None:
    browsers = [Browser(HTTP_HOST="localhost:1411") for _ in range(6)]
    for one in browsers:
        one.force_login(operator)
    answers = at_once([partial(add, one, user=colin.pk) for one in browsers])
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [302]
    assert CustomClaim.objects.count() == 1
    assert Event.objects.filter(name="custom_claim_changed").count() == 1


def test_a_claim_is_no_way_to_a_disabled_operator(operator: Any, colin: Any) -> None:
    theirs = Browser(HTTP_HOST="localhost:1411")
    theirs.force_login(operator)
    assert add(theirs, user=colin.pk).status_code == 302
    get_user_model().objects.filter(pk=operator.pk).update(is_active=False)
    assert add(theirs, user=colin.pk, name="room").status_code == 302
    assert [claim.name for claim in CustomClaim.objects.all()] == ["department"]


# On the pages of those whom they are about.


def test_a_member_and_a_group_show_their_own_claims_with_links(browser: Browser, colin: Any) -> None:
    group = create_group(friendly_name="Garden", actor=None)
    add(browser, user=colin.pk, value="<b>garden</b>")
    add(browser, group=group.pk, name="floor", value="3")
    own, shared = (CustomClaim.objects.get(name=name) for name in ("department", "floor"))
    browser.get("/admin/")  # which shows what was said of both
    member_page = browser.get(f"/admin/hearthkey_accounts/user/{colin.pk}/change/").content.decode()
    group_page = browser.get(f"/admin/auth/group/{group.pk}/change/").content.decode()
    for page, shown, hidden in ((member_page, own, shared), (group_page, shared, own)):
        assert "Custom claims" in page
        assert f"/admin/hearthkey_oidc_clients/customclaim/{shown.pk}/change/" in page
        assert f"/admin/hearthkey_oidc_clients/customclaim/{hidden.pk}/change/" not in page
    assert "&lt;b&gt;garden&lt;/b&gt;" in member_page
    assert f"/admin/hearthkey_oidc_clients/customclaim/add/?user={colin.pk}" in member_page
    form = browser.get(f"{ADD}?group={group.pk}").content.decode()
    assert f'<option value="{group.pk}" selected>' in form


@pytest.mark.parametrize(("codename", "shown"), [("view_user", False), ("view_customclaim", True)])
def test_who_may_not_see_claims_is_shown_none_of_a_member(
    browser: Browser, colin: Any, codename: str, shown: bool
) -> None:
    add(browser, user=colin.pk, value="garden")
    staff = get_user_model().objects.create(username="bob", email="bob@example.com", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=("view_user", codename)))
    operator = Browser(HTTP_HOST="localhost:1411")
    operator.force_login(staff)
    page = operator.get(f"/admin/hearthkey_accounts/user/{colin.pk}/change/").content.decode()
    assert ("garden" in page) is shown
    assert "customclaim/add/" not in page
