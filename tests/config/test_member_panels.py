"""What a member's page in the administration says of their passkeys, their sign-ins and their custom claims."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.services.groups import create_group
from audit.models import Event
from oidc_clients.models import CustomClaim
from passkeys.models import Passkey
from tests.support.config.live import browser_of, make, operator
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db


def text_of(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, response
    return html.unescape(response.content.decode())


def page_about(member: Any) -> str:
    return f"/admin/hearthkey_accounts/user/{member.pk}/change/"


def passkeys_of(member: Any, *names: str) -> list[Passkey]:
    first = passkey_of(member)
    made = []
    for name in names:
        first.pk, first._state.adding = None, True
        first.name = name
        first.credential_id = first.credential_id_sha256 = f"{member.pk}{name}".encode()
        first.save(force_insert=True)
        made.append(Passkey.objects.get(name=name, user=member))
    return made


def test_passkeys_sign_ins_and_events_lead_to_where_more_is_known() -> None:
    colin = make("colin")
    browser = operator()
    page = text_of(browser, page_about(colin))
    assert "Last signed in" in page
    assert ">never<" in page
    own = passkey_of(colin)
    Event.objects.create(name="signed_out", subject_id=str(colin.pk), subject_name="colin")
    page = text_of(browser, page_about(colin))
    path = f"/admin/hearthkey_passkeys/passkey/{own.pk}/change/"
    assert f'<a href="{path}">{own.name}</a>' in page
    assert own.name in text_of(browser, path)
    events = "/admin/hearthkey_audit/event/?member=colin"
    assert f'href="{events}"' in page
    assert "colin signed out." in text_of(browser, events)


@pytest.mark.parametrize(
    ("permission", "title", "others"),
    [
        ("view_passkey", "Passkeys", ("Activity", "Custom claims")),
        ("view_event", "Activity", ("Passkeys", "Custom claims")),
        ("view_customclaim", "Custom claims", ("Passkeys", "Activity")),
    ],
)
def test_an_operator_is_shown_what_they_may_see(permission: str, title: str, others: tuple[str, ...]) -> None:
    colin, helper = make("colin"), make("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=("view_user", permission)))
    page = text_of(browser_of(helper), page_about(colin))
    assert f"<h2>{title}</h2>" in page
    for other in others:
        assert f"<h2>{other}</h2>" not in page


def test_a_group_has_claims_and_neither_passkeys_nor_sign_ins() -> None:
    group = create_group(friendly_name="Family", actor=None)
    page = text_of(operator(), f"/admin/auth/group/{group.pk}/change/")
    assert "<h2>Custom claims</h2>" in page
    assert "<h2>Passkeys</h2>" not in page
    assert "<h2>Activity</h2>" not in page


def test_many_passkeys_and_claims_cost_what_one_does() -> None:
    colin, browser = make("colin"), operator()
    passkeys_of(colin, "One")
    text_of(browser, page_about(colin))
    with CaptureQueriesContext(connection) as few:
        text_of(browser, page_about(colin))
    passkeys_of(colin, "Two", "Three", "Four")
    CustomClaim.objects.bulk_create(CustomClaim(user=colin, name=f"c{number}", value="v") for number in range(5))
    with CaptureQueriesContext(connection) as many:
        page = text_of(browser, page_about(colin))
    assert "Three" in page
    assert len(many) == len(few)


def test_the_language_is_chosen_from_a_list_that_keeps_what_a_directory_entered() -> None:
    colin, browser = make("colin", locale="pt-AO"), operator()
    page = text_of(browser, page_about(colin))
    assert '<option value="pt-AO" selected>pt-AO</option>' in page
    assert '<option value="en">' in page
    assert '<option value="de-XX">' not in page
    assert "pt-AO" not in text_of(browser, page_about(make("bob")))
