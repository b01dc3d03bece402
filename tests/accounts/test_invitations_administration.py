from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.services import policy
from accounts.services.groups import create_group
from accounts.services.members import delete_member
from tests.support.accounts.inviting import fill_in, invite, the_link
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db

LIST = "/admin/hearthkey_accounts/invitation/"
ADD = f"{LIST}add/"


@pytest.fixture(autouse=True)
def root() -> User:
    return superuser()


def form(**values: Any) -> dict[str, Any]:
    return {"lifetime": "24", "max_uses": "3", "note": "For the barbecue", "works_while_off": "on", **values}


def shown_link(response: Any) -> str:
    """Return the path of the link that the answer shows."""
    (link,) = re.findall(r'<code id="sign-up-link">([^<]+)</code>', response.content.decode())
    return "/st/" + link.partition("/st/")[2]


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_the_form_offers_the_lifetimes_with_one_day_chosen(root: User) -> None:
    page = browser(root).get(ADD).content.decode()
    options = re.findall(r'<option value="(\d+)"( selected)?>([^<]+)</option>', page)
    assert options == [
        ("1", "", "1 hour"),
        ("12", "", "12 hours"),
        ("24", " selected", "1 day"),
        ("168", "", "7 days"),
        ("720", "", "30 days"),
    ]


def test_a_link_is_made_and_shown_in_the_answer_to_the_form_itself(root: User) -> None:
    family = create_group(friendly_name="Family", actor=None)
    response = browser(root).post(ADD, form(groups=[family.pk], lifetime="12"))
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    path = shown_link(response)
    link = the_link()
    assert (link.note, link.max_uses, link.works_while_off, link.created_by) == (
        "For the barbecue",
        3,
        True,
        str(root.pk),
    )
    assert link.expires_at - timezone.now() <= timedelta(hours=12)
    assert fill_in(path).status_code == 302
    assert list(User.objects.get(username="newcomer").groups.all()) == [family]


def test_the_answer_shows_the_link_as_a_picture_that_the_pages_own_policy_allows(root: User) -> None:
    response = browser(root).post(ADD, form())
    (source,) = re.findall(r'<img src="(data:image/svg[^"]+)"', response.content.decode())
    assert unquote(source).startswith("data:image/svg+xml;charset=utf-8,<svg ")
    assert "img-src 'self' data:" in response.headers["Content-Security-Policy"]


# Decision: shown once.
def test_no_other_page_shows_the_link(root: User) -> None:
    client = browser(root)
    token = shown_link(client.post(ADD, form())).rpartition("/")[2]
    pages = [LIST, f"{LIST}{the_link().pk}/change/", f"{LIST}{the_link().pk}/history/", "/admin/", "/account/activity/"]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert token not in response.content.decode()
    assert token not in str(dict(client.session.items()))


def test_the_page_says_when_the_link_waits_for_sign_up(root: User, settings: Any) -> None:
    told = "Sign-up is disabled, so this link doesn't work yet"
    waiting = form()
    del waiting["works_while_off"]
    assert told in text_of(browser(root).post(ADD, waiting))
    assert told not in text_of(browser(root).post(ADD, form()))
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "link"
    assert told not in text_of(browser(root).post(ADD, waiting))


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("lifetime", "25", "1"),
        ("lifetime", "", "720"),
        ("max_uses", "0", "1"),
        ("max_uses", "101", "100"),
        ("max_uses", "", "2"),
        ("note", "x" * 201, "x" * 200),
        ("groups", ["999999"], []),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_field(field: str, value: Any, good: Any, root: User) -> None:
    client = browser(root)
    response = client.post(ADD, form(**{field: value}))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not Invitation.objects.exists()
    assert "sign-up-link" in client.post(ADD, form(**{field: good})).content.decode()


@pytest.mark.parametrize("is_superuser", [True, False])
def test_roles_are_not_offered_and_not_taken(is_superuser: bool, root: User) -> None:
    actor = root if is_superuser else make("op", is_staff=True, permissions=("add_invitation",))
    role = create_group(friendly_name="Wardens", actor=None, is_role=True)
    plain = create_group(friendly_name="Guests", actor=None)
    client = browser(actor)
    page = text_of(client.get(ADD))
    assert "Guests" in page
    assert "Wardens" not in page
    assert "groups" in client.post(ADD, form(groups=[role.pk])).context["adminform"].form.errors
    assert not Invitation.objects.exists()
    shown_link(client.post(ADD, form(groups=[plain.pk])))


def test_a_group_that_becomes_a_role_meanwhile_is_refused_at_its_field(
    root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts import signals  # noqa: PLC0415  # beside the one test that needs it
    from accounts.exceptions import NotAllowed  # noqa: PLC0415

    def refuse(**_kwargs: Any) -> None:
        raise NotAllowed("A sign-up link can't grant roles.")

    client = browser(root)
    signals.invitation_created.connect(refuse)
    try:
        response = client.post(ADD, form(note="typed"))
    finally:
        signals.invitation_created.disconnect(refuse)
    assert "A sign-up link can't grant roles." in text_of(response)
    assert 'value="typed"' in text_of(response)
    assert not Invitation.objects.exists()


# Who may: rows are people, columns are pages.
MATRIX = [
    # values of the member, permissions, may make, may look, may revoke others'
    ({"is_superuser": True}, (), True, True, True),
    ({"is_staff": True}, ("add_invitation",), True, True, False),
    ({"is_staff": True}, ("view_invitation",), False, True, False),
    ({"is_staff": True}, ("change_invitation",), False, True, True),
    ({"is_staff": True}, ("delete_invitation", "change_user"), False, False, False),
    ({"is_staff": True}, (), False, False, False),
    ({}, ("add_invitation", "change_invitation"), False, False, False),
]


# L11
@pytest.mark.parametrize(("values", "permissions", "makes", "looks", "revokes"), MATRIX)
def test_who_may_make_look_at_and_revoke_links(
    values: dict[str, Any], permissions: tuple[str, ...], makes: bool, looks: bool, revokes: bool
) -> None:
    path = invite()
    page = f"{LIST}{the_link().pk}/change/"
    client = browser(make("actor", permissions=permissions, **values))
    assert (client.get(LIST).status_code == 200) is looks
    assert (client.get(page).status_code == 200) is looks
    assert (client.get(ADD).status_code == 200) is makes
    made = client.post(ADD, form())
    assert ("sign-up-link" in made.content.decode()) is makes
    assert (Invitation.objects.count() == 2) is makes
    client.post(page.replace("change", "revoke"))
    assert browser().get(path).status_code == (410 if revokes else 200)


def test_strangers_are_sent_to_sign_in() -> None:
    for page in (LIST, ADD):
        assert browser().get(page).status_code == 302


def test_who_makes_links_revokes_their_own_and_only_those(root: User) -> None:
    maker = make("maker", is_staff=True, permissions=("add_invitation",))
    client = browser(maker)
    own = shown_link(client.post(ADD, form(note="own")))
    foreign = shown_link(browser(root).post(ADD, form(note="foreign")))
    for note, has_button in (("own", True), ("foreign", False)):
        page = client.get(f"{LIST}{Invitation.objects.get(note=note).pk}/change/").content.decode()
        assert ("/revoke/" in page) is has_button
    keys = [str(link.pk) for link in Invitation.objects.all()]
    answer = client.post(LIST, {"action": "revoke_invitations", "_selected_action": keys}, follow=True)
    assert "1 sign-up link revoked." in text_of(answer)
    assert "You don't have permission to revoke this sign-up link." in text_of(answer)
    assert (browser().get(own).status_code, browser().get(foreign).status_code) == (410, 200)
    assert [event.data["reason"] for event in events("operator_refused")] == ["not_allowed"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_a_form_revokes(method: str, root: User) -> None:
    path = invite()
    answer = getattr(browser(root), method)(f"{LIST}{the_link().pk}/revoke/")
    assert answer.status_code == (302 if method == "post" else 403)
    assert browser().get(path).status_code == (410 if method == "post" else 200)


def test_a_link_is_neither_changed_nor_deleted(root: User) -> None:
    path = invite(max_uses=1)
    client, page = browser(root), f"{LIST}{the_link().pk}"
    assert client.post(f"{page}/change/", form(max_uses="100")).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert the_link().max_uses == 1
    assert browser().get(path).status_code == 200


# L05
def test_making_and_revoking_need_a_passkey_used_lately(root: User) -> None:
    invite()
    stale = browser()
    begin_passkey_session(stale, root, age=3600)
    for page, values in ((ADD, form()), (f"{LIST}{the_link().pk}/revoke/", {})):
        assert "sign-up-link" not in stale.post(page, values).content.decode()
    assert Invitation.objects.count() == 1
    assert the_link().revoked_at is None


@pytest.mark.parametrize(
    ("values", "mode", "state"),
    [
        ({}, "link", "active"),
        ({}, "off", "waiting: sign-up is disabled"),
        ({"works_while_off": True}, "off", "active"),
        ({"uses": 5}, "off", "used up"),
        ({"revoked_at": timezone.now()}, "link", "revoked"),
        ({"expires_at": timezone.now()}, "link", "expired"),
    ],
)
def test_the_list_says_how_each_link_stands(
    values: dict[str, Any], mode: str, state: str, root: User, settings: Any
) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = mode
    invite(max_uses=5, works_while_off=False, note="Note")
    Invitation.objects.update(**values)
    for page in (LIST, f"{LIST}{the_link().pk}/change/"):
        text = text_of(browser(root).get(page))
        assert re.search(rf">\s*{re.escape(state)}\s*<", text), page
        assert f"{values.get('uses', 0)} of 5" in text


def test_the_page_of_a_link_says_who_came_by_it(root: User) -> None:
    path = invite(max_uses=3, actor=root)
    page = f"{LIST}{the_link().pk}/change/"
    assert "No one yet" in text_of(browser(root).get(page))
    fill_in(path, "ada", first_name="<b>Ada</b>")
    fill_in(path, "bob")
    delete_member(member=User.objects.get(username="bob"), actor=root)
    response = browser(root).get(page)
    assert "<b>Ada</b>" not in response.content.decode()
    text = text_of(response)
    assert "<b>Ada</b> (ada) – " in text
    assert "a deleted account – " in text
    assert "2 of 3" in text


def test_the_page_of_a_link_says_when_its_maker_may_make_links_no_more(root: User) -> None:
    maker = make("maker", is_staff=True, permissions=("add_invitation",))
    invite(actor=maker)
    page = f"{LIST}{the_link().pk}/change/"
    told = "maker, who no longer has permission to create links"
    assert told not in text_of(browser(root).get(page))
    maker.user_permissions.set(Permission.objects.none())
    assert told in text_of(browser(root).get(page))
    delete_member(member=maker, actor=root)
    assert "a deleted member" in text_of(browser(root).get(page))


def test_two_links_by_one_form_sent_twice_are_two_links(root: User) -> None:
    client = browser(root)
    assert shown_link(client.post(ADD, form())) != shown_link(client.post(ADD, form()))
    assert len(events("invitation_created")) == 2


def test_the_list_costs_the_same_for_one_link_and_for_many(root: User) -> None:
    makers = [make(f"maker{number}", is_staff=True, permissions=("add_invitation",)) for number in range(10)]
    client = browser(root)
    invite(actor=makers[0])
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for maker in makers:
        invite(actor=maker)
    User.objects.filter(pk=makers[3].pk).update(is_active=False)
    with CaptureQueriesContext(connection) as many:
        text = text_of(client.get(LIST))
    assert len(many) == len(one)
    assert "maker3, who no longer has permission to create links" in text
    assert ">maker4<" in text


@pytest.mark.parametrize("by", ["permission", "group", "superuser"])
@pytest.mark.parametrize("missing", ["", "is_active", "is_staff"])
def test_whoever_may_make_links_is_asked_for_one_and_for_many_alike(by: str, missing: str) -> None:
    maker = make("maker", is_staff=True, is_superuser=by == "superuser")
    permission = Permission.objects.get(codename="add_invitation", content_type__app_label="hearthkey_accounts")
    if by == "permission":
        maker.user_permissions.add(permission)
    elif by == "group":
        group = create_group(friendly_name="Hosts", actor=None)
        group.permissions.add(permission)
        maker.groups.add(group)
    if missing:
        User.objects.filter(pk=maker.pk).update(**{missing: False})
    maker = User.objects.get(pk=maker.pk)
    may = not missing or (by == "superuser" and missing == "is_staff")
    assert policy.may_invite(maker) is may
    assert policy.who_may_invite([maker.pk]) == (frozenset([maker.pk]) if may else frozenset())
    assert policy.who_may_invite([make("nobody", is_staff=True).pk]) == frozenset()
