from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.exceptions import InvalidValue, NotAllowed
from accounts.models import Invitation, InvitationUse, User
from accounts.services.codes import create_code
from accounts.services.groups import create_group
from accounts.services.invitations import LIFETIMES, create_invitation, revoke_invitation
from accounts.services.members import delete_member, disable_member
from accounts.services.sweep import sweep
from config.environment.logs import masked
from tests.support.accounts.inviting import fill_in, invite, the_link
from tests.support.accounts.people import browser, events, every_stored_text, make, superuser
from tests.support.racing import at_once, numbered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root() -> User:
    return superuser()


def title_of(response: Any) -> str:
    (title,) = re.findall(r"<h1>(.*?)</h1>", html.unescape(response.content.decode()))
    return str(title)


def members() -> int:
    return User.objects.filter(is_superuser=False).count()


# Which links work.


@pytest.mark.parametrize(
    ("mode", "works_while_off", "works"),
    [
        ("off", False, False),
        ("off", True, True),
        ("link", False, True),
        ("link", True, True),
        ("open", False, True),
        ("open", True, True),
    ],
)
def test_a_link_works_while_sign_up_is_on_or_if_the_operator_said_so(
    mode: str, works_while_off: bool, works: bool, settings: Any
) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = mode
    path = invite(works_while_off=works_while_off)
    page, answer = browser().get(path), fill_in(path)
    assert (page.status_code, answer.status_code) == ((200, 302) if works else (403, 403))
    assert title_of(page) == ("Create your account" if works else "Sign-up is closed")
    assert members() == works
    assert [event.data["reason"] for event in events("sign_up_refused")] == ([] if works else ["closed"] * 2)


# L07, V21
@pytest.mark.parametrize(("age", "works"), [(timedelta(seconds=1), False), (timedelta(seconds=-60), True)])
def test_a_link_ends_to_the_second_whether_or_not_anything_was_swept(age: timedelta, works: bool) -> None:
    path = invite()
    Invitation.objects.update(expires_at=timezone.now() - age)
    page, answer = browser().get(path), fill_in(path)
    assert (page.status_code, answer.status_code) == ((200, 302) if works else (410, 410))
    assert title_of(page) == ("Create your account" if works else "This sign-up link has expired")
    assert members() == works


def test_a_link_that_ends_while_the_form_is_open_makes_no_account() -> None:
    path, client = invite(), browser()
    assert client.get(path).status_code == 200
    Invitation.objects.update(expires_at=timezone.now())
    answer = fill_in(path, client=client)
    assert (answer.status_code, title_of(answer)) == (410, "This sign-up link has expired")
    assert (members(), the_link().uses) == (0, 0)


def test_a_used_up_link_says_so() -> None:
    path = invite(max_uses=2)
    assert [fill_in(path, f"n{number}").status_code for number in range(3)] == [302, 302, 410]
    page = browser().get(path)
    assert (page.status_code, title_of(page)) == (410, "This sign-up link has been used up")
    assert (members(), the_link().uses) == (2, 2)
    assert {event.data["reason"] for event in events("sign_up_refused")} == {"used_up_link"}


@pytest.mark.parametrize("revoked", [True, False])
def test_a_revoked_link_says_so(revoked: bool, root: User) -> None:
    path = invite()
    if revoked:
        assert revoke_invitation(invitation=the_link(), actor=root)
    page, answer = browser().get(path), fill_in(path)
    assert (page.status_code, answer.status_code) == ((410, 410) if revoked else (200, 302))
    assert title_of(page) == ("This sign-up link has been revoked" if revoked else "Create your account")
    assert members() == (not revoked)


def test_a_missing_link_says_so(settings: Any) -> None:
    for mode in ("off", "link", "open"):
        settings.HEARTHKEY_ACCOUNTS_SIGN_UP = mode
        page = browser().get("/st/never-made")
        assert (page.status_code, title_of(page)) == (404, "Sign-up link not found")
        assert fill_in("/st/never-made").status_code == 404
    assert members() == 0
    assert {event.data["reason"] for event in events("sign_up_refused")} == {"unknown_link"}


@pytest.mark.parametrize(
    ("fate", "works"),
    [("stays", True), ("demoted", False), ("lost the permission", False), ("disabled", False), ("deleted", False)],
)
def test_a_link_works_as_long_as_its_maker_may_make_links(fate: str, works: bool, root: User) -> None:
    maker = make("maker", is_staff=True, permissions=("add_invitation",))
    path = invite(actor=maker)
    match fate:
        case "demoted":
            User.objects.filter(pk=maker.pk).update(is_staff=False)
        case "lost the permission":
            maker.user_permissions.clear()
        case "disabled":
            disable_member(member=maker, actor=root)
        case "deleted":
            delete_member(member=maker, actor=root)
    page = browser().get(path)
    assert page.status_code == (200 if works else 410)
    assert title_of(page) == ("Create your account" if works else "This sign-up link has been revoked")
    assert fill_in(path).status_code == (302 if works else 410)
    assert [event.data["reason"] for event in events("sign_up_refused")] == ([] if works else ["maker_may_not"] * 2)


# V20
def test_a_link_of_one_purpose_is_none_of_another(root: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    ada = make("ada")
    code = create_code(user=ada, actor=root).link.rpartition("/")[2]
    token = invite().rpartition("/")[2]
    assert browser().get(f"/st/{code}").status_code == fill_in(f"/st/{code}").status_code == 404
    assert browser().get(f"/lc/{token}").status_code == browser().post(f"/lc/{token}").status_code == 404
    assert browser().get(f"/lc/{code}").status_code == browser().get(f"/st/{token}").status_code == 200


@pytest.mark.parametrize("token", ["x", "%00", "%ff%fe", "é", "a" * 5000, "..%2f..%2f"])
def test_hostile_links_are_refused(token: str) -> None:
    for method in ("get", "post"):
        assert 400 <= getattr(browser(), method)(f"/st/{token}").status_code < 500


# What uses a link up.


def test_looking_uses_nothing_up() -> None:
    path, client = invite(), browser()
    for _ in range(3):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert the_link().uses == 0


def test_a_form_that_fails_uses_nothing_up() -> None:
    make("ada", email="ada@example.com")
    path = invite()
    assert fill_in(path, "").status_code == 400
    assert fill_in(path, "ada").status_code == 409
    assert fill_in(path, "other", email="ada@example.com").status_code == 409
    assert Client(enforce_csrf_checks=True).post(path, {"username": "other"}).status_code == 403
    assert (the_link().uses, InvitationUse.objects.count()) == (0, 0)
    assert fill_in(path, "other").status_code == 302
    assert the_link().uses == 1


def test_a_name_that_is_taken_at_the_last_moment_uses_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import signals  # noqa: PLC0415  # beside the one test that needs it
    from accounts.exceptions import IdentifierTaken  # noqa: PLC0415

    def be_too_late(**_kwargs: Any) -> None:
        raise IdentifierTaken("username", "taken")

    path = invite()
    signals.member_created.connect(be_too_late)
    try:
        answer = fill_in(path, "late")
    finally:
        signals.member_created.disconnect(be_too_late)
    assert answer.status_code == 409
    assert (the_link().uses, InvitationUse.objects.count()) == (0, 0)
    assert fill_in(path, "late").status_code == 302


def test_it_is_known_who_came_by_a_link_and_a_deleted_account_still_counts(root: User) -> None:
    path = invite(max_uses=3)
    for name in ("ada", "bob"):
        fill_in(path, name)
    assert [use.user.username for use in the_link().made_accounts.all() if use.user] == ["ada", "bob"]
    delete_member(member=User.objects.get(username="ada"), actor=root)
    assert [use.user.username if use.user else None for use in the_link().made_accounts.all()] == [None, "bob"]
    assert the_link().uses == 2


def test_the_database_itself_keeps_the_limit() -> None:
    invite(max_uses=2)
    for values in ({"uses": 3}, {"max_uses": 0}, {"max_uses": 101}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.update(**values)
    Invitation.objects.update(uses=2)


# L07, F15
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("limit", "callers"), [(1, 20), (7, 50)])
def test_the_limit_is_exact_under_simultaneous_uses(limit: int, callers: int) -> None:
    guests = create_group(friendly_name="Guests", actor=None)
    path = invite(max_uses=limit, groups=[guests])
    statuses = at_once(numbered(callers, lambda number: int(fill_in(path, f"n{number}").status_code)))
    assert sorted(statuses) == [302] * limit + [410] * (callers - limit)
    assert members() == the_link().uses == InvitationUse.objects.count() == limit
    assert guests.user_set.count() == limit
    made = [event for event in events("member_created") if event.data.get("sign_up") == "link"]
    assert len(made) == len(events("signed_in")) == limit
    assert len(events("sign_up_refused")) == callers - limit


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_one_name_one_gets_it_and_only_that_is_counted() -> None:
    path = invite(max_uses=100)
    statuses = at_once([lambda: int(fill_in(path, "wanted", email="wanted@example.com").status_code)] * 20)
    assert sorted(statuses) == [302] + [409] * 19
    assert members() == the_link().uses == 1


@pytest.mark.django_db(transaction=True)
def test_a_revocation_among_many_uses_leaves_a_count_that_is_true(root: User) -> None:
    path = invite(max_uses=100)

    def act(number: int) -> int:
        if number == 5:
            return int(revoke_invitation(invitation=the_link(), actor=root))
        return int(fill_in(path, f"n{number}").status_code)

    answers = at_once(numbered(20, act))
    assert answers.count(1) == 1
    assert answers.count(302) + answers.count(410) == 19
    assert members() == the_link().uses == answers.count(302)
    (revoked,) = events("invitation_revoked")
    assert revoked.data["uses"] == answers.count(302)


# Who makes links, and what they may give.


@pytest.mark.parametrize(
    ("values", "permissions", "may"),
    [
        ({"is_superuser": True}, (), True),
        ({"is_staff": True}, ("add_invitation",), True),
        ({"is_staff": True}, ("change_invitation", "add_user"), False),
        ({"is_staff": True}, (), False),
        ({}, ("add_invitation",), False),
        ({}, (), False),
    ],
)
def test_links_are_made_by_superusers_and_by_operators_with_the_permission(
    values: dict[str, Any], permissions: tuple[str, ...], may: bool
) -> None:
    actor = make("actor", permissions=permissions, **values)
    if may:
        assert fill_in(invite(actor=actor)).status_code == 302
        return
    with pytest.raises(NotAllowed):
        invite(actor=actor)
    assert not Invitation.objects.exists()


def test_a_disabled_superuser_makes_no_links() -> None:
    other = superuser("other")
    User.objects.filter(pk=other.pk).update(is_active=False)
    other.refresh_from_db()
    with pytest.raises(NotAllowed):
        invite(actor=other)


@pytest.mark.parametrize("kind", ["plain", "marked", "carrying"])
@pytest.mark.parametrize("is_superuser", [True, False])
def test_no_link_gives_a_role(kind: str, is_superuser: bool, root: User) -> None:
    operator = root if is_superuser else make("operator", is_staff=True, permissions=("add_invitation",))
    group = create_group(friendly_name="Chosen", actor=None, is_role=kind == "marked")
    if kind == "carrying":
        group.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
    if kind == "plain":
        fill_in(invite(actor=operator, groups=[group]))
        assert list(User.objects.get(username="newcomer").groups.all()) == [group]
        return
    with pytest.raises(NotAllowed):
        invite(actor=operator, groups=[group])
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("who", "permissions", "may"),
    [
        ("maker", (), True),
        ("colleague", ("add_invitation",), False),
        ("colleague", ("change_invitation",), True),
        ("stranger", ("change_invitation",), False),
        ("superuser", (), True),
    ],
)
def test_links_are_revoked_by_their_maker_and_by_who_looks_after_all(
    who: str, permissions: tuple[str, ...], may: bool
) -> None:
    maker = make("maker", is_staff=True, permissions=("add_invitation",))
    path = invite(actor=maker)
    actor = {
        "maker": lambda: maker,
        "colleague": lambda: make("colleague", is_staff=True, permissions=permissions),
        "stranger": lambda: make("stranger", permissions=permissions),
        "superuser": lambda: superuser("another"),
    }[who]()
    if may:
        assert revoke_invitation(invitation=the_link(), actor=actor) is True
        # Once more changes nothing and tells nobody.
        assert revoke_invitation(invitation=the_link(), actor=actor) is False
        assert len(events("invitation_revoked")) == 1
    else:
        with pytest.raises(NotAllowed):
            revoke_invitation(invitation=the_link(), actor=actor)
    assert browser().get(path).status_code == (410 if may else 200)


# What a link may be.


@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_the_lifetimes_of_the_form_are_kept_to_the_second(lifetime: timedelta) -> None:
    invite(lifetime=lifetime)
    left = the_link().expires_at - timezone.now()
    assert lifetime - timedelta(seconds=10) < left <= lifetime


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lifetime": timedelta(days=31)}, "lifetime"),
        ({"lifetime": timedelta(0)}, "lifetime"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": 101}, "max_uses"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\r\nb"}, "note"),
    ],
)
def test_what_breaks_a_rule_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        invite(**values)
    assert refusal.value.field == field
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("max_uses", [1, 100])
def test_the_bounds_themselves_are_fine(max_uses: int) -> None:
    invite(max_uses=max_uses, note="x" * 200)
    assert the_link().max_uses == max_uses


def test_only_a_digest_is_stored_and_no_log_shows_the_rest(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_BASE_URL = "https://id.example.com"
    created = create_invitation(lifetime=timedelta(days=1), max_uses=1, actor=None, works_while_off=True)
    assert re.fullmatch(r"https://id\.example\.com/st/[A-Za-z0-9_-]{32}", created.link)
    token = created.link.rpartition("/")[2]
    fill_in(f"/st/{token}")
    assert token not in every_stored_text()
    assert token not in repr(created)
    assert token not in masked(f"GET /st/{token} HTTP/1.1")


def test_making_and_revoking_are_audited(root: User) -> None:
    guests = create_group(friendly_name="Guests", actor=None)
    invite(actor=root, groups=[guests], note="For the barbecue", max_uses=12)
    revoke_invitation(invitation=the_link(), actor=root)
    (created,), (revoked,) = events("invitation_created"), events("invitation_revoked")
    assert created.actor_id == revoked.actor_id == str(root.pk)
    assert created.data["invitation"] == revoked.data["invitation"] == str(the_link().pk)
    assert (created.data["groups"], created.data["max_uses"], created.data["note"]) == (
        ["guests"],
        12,
        "For the barbecue",
    )


# The sweep.


@pytest.mark.parametrize(("field", "is_revoked"), [("expires_at", False), ("revoked_at", True)])
def test_links_are_listed_for_thirty_days_after_their_end(field: str, is_revoked: bool) -> None:
    path, now = invite(), timezone.now()
    fill_in(path)
    Invitation.objects.update(**{field: now})
    sweep(now=now + timedelta(days=30) - timedelta(seconds=1), limit=100)
    assert Invitation.objects.count() == 1
    sweep(now=now + timedelta(days=30), limit=100)
    assert not Invitation.objects.exists()
    # Whoever came by it stays.
    assert members() == 1


def test_a_link_that_works_is_never_swept() -> None:
    path = invite(lifetime=timedelta(days=30))
    sweep(now=timezone.now() + timedelta(days=29), limit=100)
    assert browser().get(path).status_code == 200
