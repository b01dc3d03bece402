"""What ends a member's sessions between a sign-in's use of its code or passkey and the writing of its session."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.test import Client

from accounts.models import Session, User
from accounts.services import codes, groups, members, sessions
from passkeys.core.session_entry import read_entry
from passkeys.models import Passkey
from passkeys.services.manage import remove_own_passkey
from passkeys.testing import SoftAuthenticator
from tests.support.accounts.inviting import fill_in, invite
from tests.support.accounts.people import browser, make, superuser
from tests.support.accounts.waiting import Waiting, approve
from tests.support.passkeys.world import Person
from tests.support.racing import outcomes

pytestmark = pytest.mark.django_db(transaction=True)

Action = Callable[[User], Any]
_pending: list[Callable[[], Any]] = []


def act_before_saving(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Run what waits after the view used up the code or passkey, and before the session is written."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        while _pending and request.session.modified and "_auth_user_id" in request.session:
            _pending.pop()()
        return response

    return middleware


@pytest.fixture(autouse=True)
def _between(settings: Any) -> Any:
    _pending.clear()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.config.test_session_races.act_before_saving"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "rate_limit" not in name]
    yield
    _pending.clear()


@pytest.fixture
def root() -> User:
    return superuser()


def person(user: User, settings: Any) -> Person:
    found = Person(user, Client(raise_request_exception=False), SoftAuthenticator(origin=settings.APP_URL))
    assert found.begin_setup_session().add().status_code == 201
    found.client = Client(raise_request_exception=False)
    return found


def by_passkey(user: User, settings: Any) -> tuple[Client, Callable[[], Any]]:
    someone = person(user, settings)
    return someone.client, someone.sign_in


def by_code(user: User, settings: Any) -> tuple[Client, Callable[[], Any]]:
    client, code = browser(), codes.create_code(user=user, actor=None).code
    return client, lambda: client.post("/lc", {"code": code})


def by_other_device(user: User, settings: Any) -> tuple[Client, Callable[[], Any]]:
    approver = person(user, settings).signed_in()
    waiting = Waiting().begin()
    approve(approver.client, waiting.link)
    return waiting.client, waiting.go_on


def by_step_up(user: User, settings: Any) -> tuple[Client, Callable[[], Any]]:
    someone = person(user, settings).signed_in()
    return someone.client, someone.step_up


def by_enrolment(user: User, settings: Any) -> tuple[Client, Callable[[], Any]]:
    someone = Person(user, Client(raise_request_exception=False), SoftAuthenticator(origin=settings.APP_URL))
    added = someone.begin_setup_session().add()
    return someone.client, lambda: someone.use_first(added)


WAYS = [by_passkey, by_code, by_other_device, by_step_up, by_enrolment]


def disabled(user: User) -> None:
    members.disable_member(member=User.objects.get(pk=user.pk), actor=None)


def disabled_and_enabled(user: User) -> None:
    disabled(user)
    members.enable_member(member=User.objects.get(pk=user.pk), actor=None)


def signed_out_everywhere(user: User) -> None:
    sessions.sign_out_everywhere(user=user, actor=None)


def deleted(user: User) -> None:
    members.delete_member(member=User.objects.get(pk=user.pk), actor=None)


def demoted(user: User) -> None:
    members.change_member(member=User.objects.get(pk=user.pk), values={"is_staff": False}, actor=None)


def nothing(user: User) -> None:
    """The twin: the sign-in succeeds."""


def is_signed_in(client: Client) -> bool:
    return client.get("/account/sessions").status_code == 200


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("action", [disabled, disabled_and_enabled, signed_out_everywhere, deleted, demoted, nothing])
def test_sign_in_that_lost_its_basis_writes_no_session(root: User, settings: Any, way: Any, action: Action) -> None:
    user = make("ada", email="ada@example.org", is_staff=True)
    client, sign_in = way(user, settings)
    _pending.append(lambda: action(user))
    response = sign_in()
    assert not _pending
    assert is_signed_in(client) is (action is nothing)
    assert Session.objects.filter(user=user).exists() is (action is nothing)
    assert response.status_code < 500


@pytest.mark.parametrize("way", [by_passkey, by_enrolment])
def test_session_of_a_removed_passkey_is_not_written(root: User, settings: Any, way: Any) -> None:
    user = make("ada")
    client, sign_in = way(user, settings)
    _pending.append(Passkey.objects.filter(user=user).delete)
    response = sign_in()
    assert response.status_code < 500
    assert not is_signed_in(client)


def by_sign_up(settings: Any) -> tuple[Client, Callable[[], Any]]:
    client, link = browser(), invite()
    return client, lambda: fill_in(link, client=client, email="newcomer@example.org")


def by_set_up(settings: Any) -> tuple[Client, Callable[[], Any]]:
    client = browser()
    client.get("/setup")
    return client, lambda: client.post("/setup", {"username": "newcomer", "email": "newcomer@example.org"})


@pytest.mark.parametrize("way", [by_sign_up, by_set_up])
@pytest.mark.parametrize("action", [signed_out_everywhere, nothing])
def test_new_member_who_is_signed_out_everywhere_keeps_no_session(settings: Any, way: Any, action: Action) -> None:
    if way is by_sign_up:
        superuser()
    client, begin = way(settings)
    _pending.append(lambda: action(User.objects.get(username="newcomer")))
    response = begin()
    assert not _pending, response.content
    assert Session.objects.filter(user__username="newcomer").exists() is (action is nothing)


def test_session_whose_counter_is_behind_is_not_signed_in(root: User) -> None:
    user = make("ada")
    client = browser(user)
    assert is_signed_in(client)
    # As if the row had been written by a version that knew no counter.
    User.objects.filter(pk=user.pk).update(session_epoch=1)
    assert not is_signed_in(client)


def test_ending_one_session_leaves_the_counter_and_the_others_alone(root: User) -> None:
    user = make("ada")
    here, there, third = browser(user), browser(user), browser(user)
    assert sessions.end_session(user=user, sid=str(there.session.sid))
    assert sessions.end_other_sessions(user=user, keep=str(here.session.sid)) == 1
    assert [is_signed_in(client) for client in (here, there, third)] == [True, False, False]
    assert not User.objects.get(pk=user.pk).session_epoch


def test_lost_role_ends_every_session(root: User) -> None:
    user = make("ada")
    role = groups.create_group(friendly_name="Helpers", is_role=True, actor=root)
    groups.set_groups(member=user, groups=[role], actor=root)
    client = browser(user)
    assert is_signed_in(client)
    groups.set_groups(member=User.objects.get(pk=user.pk), groups=[], actor=root)
    assert not is_signed_in(client)
    assert Group.objects.filter(pk=role.pk).exists()


def test_ended_session_is_not_brought_back_by_a_new_key(root: User) -> None:
    client = browser(make("ada"))
    session = client.session
    assert session["_auth_user_id"]
    Session.objects.all().delete()
    (outcome,) = outcomes([session.cycle_key])
    assert type(outcome).__name__ == "SessionInterrupted"
    assert not Session.objects.exists()


def test_twenty_removals_that_race_with_sign_ins_leave_no_session(root: User, settings: Any) -> None:
    for number in range(20):
        user = make(f"m{number}")
        thief = person(user, settings)
        stolen = Passkey.objects.get(user=user)
        owner = Person(user, Client(), SoftAuthenticator(origin=settings.APP_URL))
        owner.begin_session({"method": "passkey", "at": time.time(), "passkey": str(stolen.pk)})
        assert owner.add().status_code == 201
        kept = Passkey.objects.filter(user=user).exclude(pk=stolen.pk).get()
        entry = read_entry({"method": "passkey", "at": time.time(), "passkey": str(kept.pk)})
        remove = partial(remove_own_passkey, user=user, entry=entry, passkey_id=stolen.pk)
        outcomes([thief.sign_in, remove])
        assert not Passkey.objects.filter(pk=stolen.pk).exists()
        assert not Session.objects.filter(passkey=str(stolen.pk)).exists()
        assert not is_signed_in(thief.client)
