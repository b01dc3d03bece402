"""Lists that grow with use are shown page by page, and the statements of a page don't depend on the number of rows."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Session, User
from accounts.services.groups import create_group
from oidc_clients.models import AccessToken, Client, ClientSession, CustomClaim
from passkeys.models import Passkey, digest
from tests.support.accounts.people import browser as passkey_browser
from tests.support.accounts.people import make, superuser
from tests.support.oidc_clients import world
from tests.support.passkey_sessions import passkey_of
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db
MANY = 260


def add_sessions(user: User, number: int) -> None:
    now = timezone.now()
    Session.objects.bulk_create(
        Session(
            key_digest=uuid.uuid4().hex,
            data="",
            user=user,
            user_agent=f"agent {one}",
            last_seen_at=now - timedelta(seconds=60 + one),
            expires_at=now + timedelta(days=1),
        )
        for one in range(number)
    )


def items(page: str) -> int:
    return page.count('<li class="item">')


def read(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def statements(browser: Browser, path: str) -> int:
    with counted_sql() as found:
        read(browser, path)
    return len(found)


def walk(browser: Browser, path: str, name: str = "page") -> list[str]:
    """Return every page that *Next* leads to."""
    pages = [read(browser, path)]
    while found := re.search(rf'href="(\?{name}=[^"]+)" rel="next"', pages[-1]):
        pages.append(read(browser, path + found[1]))
        assert len(pages) < 30
    return pages


def test_sessions_have_pages_with_the_present_one_first() -> None:
    ada = make("ada")
    browser = passkey_browser(ada)
    few = statements(browser, "/account/sessions")
    add_sessions(ada, MANY)
    assert statements(browser, "/account/sessions") <= few + 1
    pages = walk(browser, "/account/sessions")
    assert [items(page) for page in pages] == [25] * 10 + [11]
    assert ["This one" in page for page in pages] == [True] + [False] * 10
    assert len({key for page in pages for key in re.findall(r"/account/sessions/([0-9a-f-]{36})/", page)}) == MANY
    assert all("End all other sessions" in page for page in pages)
    assert len(pages[0]) < 60_000


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "\u0663", "1.5", ""])
def test_any_page_number_is_answered(number: str) -> None:
    ada = make("ada")
    browser = passkey_browser(ada)
    add_sessions(ada, 30)
    assert items(read(browser, f"/account/sessions?page={number}")) in (25, 6)
    assert read(browser, f"/account/apps/?apps={number}&devices={number}")


def test_apps_and_devices_have_pages() -> None:
    rose = world.member("rose")
    browser = world.signed_in(rose)
    first = world.register("App 000", launch_url="https://app.example.org").row
    few = statements(browser, "/account/apps/")
    for number in range(1, 60):
        world.register(f"App {number:03}", is_public=True)
    now = timezone.now()
    for number in range(30):
        checksum = digest(str(number).encode())
        session = ClientSession.objects.create(
            user=rose, client=first, sid=str(number), kind=ClientSession.Kind.DEVICE, started_at=now
        )
        AccessToken.objects.create(
            user=rose,
            application=first,
            client_session=session,
            token_checksum=checksum,
            expires=now + timedelta(hours=1),
        )
    pages = walk(browser, "/account/apps/", "apps")
    names = [name for page in pages for name in re.findall(r'item-title">(App \d+)<', page)]
    assert sorted(names) == [client.name for client in Client.objects.order_by("name")]
    assert [page.count("Sign out Unknown device") for page in pages[:1]] == [25]
    assert read(browser, "/account/apps/?devices=2").count("Sign out Unknown device") == 5
    assert statements(browser, "/account/apps/") <= few + 1


def test_a_members_panels_are_bounded() -> None:
    root, ada = superuser(), make("ada")
    browser = passkey_browser(root)
    path = f"/admin/hearthkey_accounts/user/{ada.pk}/change/"
    passkey = passkey_of(ada)
    CustomClaim.objects.create(user=ada, name="claim", value="5")
    few = statements(browser, path)
    add_sessions(ada, MANY)
    CustomClaim.objects.bulk_create(CustomClaim(user=ada, name=f"claim{one}", value="5") for one in range(60))
    for one in range(40):
        passkey.pk, passkey.credential_id = uuid.uuid4(), f"credential {one}".encode()
        passkey.credential_id_sha256 = digest(passkey.credential_id)
        passkey.save(force_insert=True)
    assert Passkey.objects.filter(user=ada).count() == 41
    page = read(browser, path)
    assert page.count('form="end-') == 25
    assert page.count("/hearthkey_oidc_clients/customclaim/") <= 24
    assert page.count("Show all") == 2
    assert statements(browser, path) <= few + 2
    assert read(browser, f"{path}?sessions=11").count('form="end-') == 10
    for found in re.findall(r'href="([^"]+\?q=ada)"', page):
        assert "ada" in read(browser, found)


def test_a_select_of_members_is_searched() -> None:
    root = superuser()
    people = User.objects.bulk_create(
        User(username=f"member{one}", email=f"member{one}@example.com") for one in range(MANY)
    )
    group = create_group(name="staff", friendly_name="Staff", actor=root, members=people[:3])
    browser = passkey_browser(root)
    for path in (
        f"/admin/auth/group/{group.pk}/change/",
        "/admin/auth/group/add/",
        "/admin/hearthkey_oidc_clients/customclaim/add/",
    ):
        page = read(browser, path)
        assert page.count("member2") < 20, path
        assert "admin-autocomplete" in page, path
    group.user_set.add(*people)
    path = f"/admin/auth/group/{group.pk}/change/"
    page = read(browser, path)
    assert len(page) < 120_000
    assert f"{MANY} members" in page
    assert 'name="members"' not in page
    outsider = make("outsider")
    form = {"friendly_name": "Staff", "name": "staff"}
    change = {"added_members": [str(outsider.pk)], "removed_members": [str(people[0].pk), str(people[1].pk)]}
    assert browser.post(path, {**form, **change}).status_code == 302
    assert group.user_set.count() == MANY - 1
    assert group.user_set.filter(pk=outsider.pk).exists()
    answer: Any = browser.post(path, {**form, "removed_members": ["-"], "added_members": [str(uuid.uuid4())]})
    assert {"removed_members", "added_members"} <= answer.context["adminform"].form.errors.keys()
    assert group.user_set.count() == MANY - 1
    found: Any = browser.get(
        "/admin/autocomplete/",
        {
            "app_label": "hearthkey_oidc_clients",
            "model_name": "customclaim",
            "field_name": "user",
            "term": "member25",
        },
    ).json()
    assert {result["text"] for result in found["results"]} >= {"member25", "member250"}
    assert len(found["results"]) <= 20


def test_filter_by_group_offers_a_bounded_number_of_groups() -> None:
    root, ada = superuser(), make("ada")
    browser = passkey_browser(root)
    few = create_group(name="aaa", friendly_name="First", actor=None, members=[ada])
    Group.objects.bulk_create(Group(name=f"group{one:03}") for one in range(MANY))
    last = create_group(name="zzz", friendly_name="Last", actor=None, members=[ada])
    path = "/admin/hearthkey_accounts/user/"
    assert read(browser, path).count("?groups__id__exact=") == 50
    for group in (few, last):
        page = read(browser, f"{path}?groups__id__exact={group.pk}")
        assert re.findall(r'<th class="field-username[^"]*"><a[^>]*>([^<]+)</a>', page) == ["ada"]
        assert group.name in page
    assert browser.get(f"{path}?groups__id__exact=x").status_code in (302, 400)
