"""What the operators' pages say before something ends, is shown once, or is given."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import Session, User
from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db

MEMBERS = "/admin/hearthkey_accounts/user/"


def test_a_members_page_before_they_are_deleted_says_what_goes_and_what_stays_reserved() -> None:
    anna = make("anna")
    client = browser(superuser())
    page = client.get(f"{MEMBERS}{anna.pk}/delete/").content.decode()
    for word in ("passkeys", "sessions", "apps", "stay reserved", "/admin/hearthkey_accounts/reservedidentifier/"):
        assert word in page
    assert client.post(f"{MEMBERS}{anna.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=anna.pk).exists()


def test_a_one_time_link_has_a_copy_button_and_ends_at_a_time_with_its_zone() -> None:
    response = browser(superuser()).post(f"{MEMBERS}{make('anna').pk}/code/")
    page = response.content.decode()
    assert 'data-copy-target="login-link"' in page
    assert "hearthkey/accounts/copy.js" in page
    assert re.search(r"They work once, until \d+ \w+ \d{4}, \d\d:\d\d UTC\.", page)


def test_every_time_in_the_administration_says_that_it_is_utc() -> None:
    page = browser(superuser()).get("/admin/hearthkey_accounts/reservedidentifier/").content.decode()
    assert re.search(r"\d+ \w+ \d{4}, \d\d:\d\d UTC", page)


def offered(page: str) -> list[str]:
    select = re.search(r'<select name="user_permissions".*?</select>', page, re.DOTALL)
    assert select is not None
    return re.findall(r"<option[^>]*>([^<]*)<", select.group(0))


def test_the_permissions_offered_are_those_of_what_has_a_page() -> None:
    page = browser(superuser()).get(f"{MEMBERS}add/").content.decode()
    found = offered(page)
    assert "Members | Can change member" in found
    assert "OIDC clients | Can add OIDC client" in found
    assert not [text for text in found if text.startswith(("Sessions", "Grants", "Content types", "Rate limits"))]
    for words in ("Designates", "Hold down", "Superuser status"):
        assert words not in page


def test_a_permission_without_a_page_that_is_held_already_is_not_lost_by_saving() -> None:
    odd = Permission.objects.get(content_type=ContentType.objects.get_for_model(Session), codename="view_session")
    anna, client = make("anna", permissions=("view_session",)), browser(superuser())
    assert any(
        text.endswith("Can view session")
        for text in offered(client.get(f"{MEMBERS}{anna.pk}/change/").content.decode())
    )
    bert = make("bert")
    assert not any(
        text.endswith("Can view session")
        for text in offered(client.get(f"{MEMBERS}{bert.pk}/change/").content.decode())
    )
    assert list(anna.user_permissions.all()) == [odd]


@pytest.mark.parametrize(
    ("signed_in", "label", "target"), [(False, "Go to sign in", "/login"), (True, "Go to my account", "/account/")]
)
def test_a_used_link_says_where_its_button_leads(signed_in: bool, label: str, target: str) -> None:
    client = browser(superuser()) if signed_in else Client()
    superuser("other")
    response = client.get("/lc/used-or-never-made")
    assert response.status_code == 404
    assert f'<a class="button primary" href="{target}">{label}</a>' in response.content.decode()
