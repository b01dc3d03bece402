from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, TestCase
from django.utils import timezone

from accounts.models import EmailVerification, User
from accounts.services.members import change_member, delete_member, disable_member, enable_member
from accounts.services.sweep import sweep
from accounts.services.verification import send_verification
from tests.support.accounts.letters import PROFILE, SEND, link_to, recipients, send, typed
from tests.support.accounts.people import browser, events, every_stored_text, make

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.com"


@pytest.fixture(autouse=True)
def _mail_of_a_stock_site(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None


@pytest.fixture
def ada() -> User:
    return make("ada", email=ADDRESS, first_name="Ada")


def link(user: User) -> str:
    """Return the path of the link that was just sent to this member."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert send_verification(user=user)
    return link_to(user.email)


def now(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_the_link_works_on_any_device_and_signs_nobody_in(ada: User) -> None:  # G12
    path, stranger = link(ada), Client()
    page = stranger.get(path)
    assert page.status_code == 200
    assert ADDRESS in page.content.decode()
    assert not now(ada).email_verified
    done = stranger.post(path)
    assert done.status_code == 200
    assert (now(ada).email_verified, now(ada).verified_email) == (True, ADDRESS)
    assert stranger.get(PROFILE).status_code == 302
    assert "hearthkey_session" not in stranger.cookies
    (event,) = events("email_verified")
    assert event.data["address"] == ADDRESS


def test_who_is_signed_in_goes_back_to_their_profile(ada: User) -> None:
    client = browser(ada)
    response = client.post(link(ada), follow=True)
    assert response.redirect_chain == [(PROFILE, 302)]
    assert "Your email address is verified." in response.content.decode()


def test_somebody_elses_session_is_told_whose_link_it_is(ada: User) -> None:
    client, path = browser(make("bob")), link(ada)
    assert "signed in as bob" in client.get(path).content.decode()
    assert client.post(path).status_code == 200
    assert now(ada).email_verified
    assert client.get("/account/").context["member"].username == "bob"


def test_a_program_that_opens_every_link_verifies_nothing(ada: User) -> None:
    path = link(ada)
    for method in ("get", "head", "get"):
        assert getattr(Client(), method)(path).status_code == 200
    assert not now(ada).email_verified
    assert Client().post(path).status_code == 200


def test_a_link_works_once(ada: User) -> None:
    path = link(ada)
    assert Client().post(path).status_code == 200
    assert Client().post(path).status_code == Client().get(path).status_code == 404
    assert [event.data["reason"] for event in events("email_verification_refused")] == ["link_unknown"]


@pytest.mark.parametrize(("left", "status"), [(5, 200), (0, 404), (-1, 404)])
def test_a_link_works_for_a_day_whether_or_not_it_was_swept(ada: User, left: int, status: int) -> None:
    path = link(ada)
    row = EmailVerification.objects.get()
    assert row.expires_at - row.created_at == timedelta(hours=24)
    EmailVerification.objects.update(expires_at=timezone.now() + timedelta(seconds=left))
    assert Client().get(path).status_code == Client().post(path).status_code == status
    assert now(ada).email_verified is (status == 200)


def test_only_the_last_link_works(ada: User) -> None:
    first, second = link(ada), link(ada)
    assert Client().post(first).status_code == 404
    assert Client().post(second).status_code == 200
    assert not EmailVerification.objects.exists()


@pytest.mark.parametrize("by", ["member", "operator", "nobody"])
def test_a_link_is_bound_to_the_address_it_was_sent_to(ada: User, by: str) -> None:
    path = link(ada)
    if by == "member":
        send(browser(ada), PROFILE, typed(ada, email="new@example.com"))
    elif by == "operator":
        change_member(member=ada, values={"email": "new@example.com"}, actor=None)
    status = Client().post(path).status_code
    assert status == (200 if by == "nobody" else 404)
    assert now(ada).email_verified is (by == "nobody")


def test_an_address_that_came_back_needs_a_new_link(ada: User) -> None:
    path, client = link(ada), browser(ada)
    send(client, PROFILE, typed(ada, email="new@example.com"))
    send(client, PROFILE, typed(now(ada), email=ADDRESS))
    assert Client().post(path).status_code == 404
    assert Client().post(link_to(ADDRESS)).status_code == 200


def test_nobody_who_was_disabled_meanwhile_is_verified(ada: User) -> None:  # L03
    path = link(ada)
    disable_member(member=ada, actor=None)
    assert Client().get(path).status_code == Client().post(path).status_code == 404
    enable_member(member=ada, actor=None)
    # What was tried is used up.
    assert Client().post(path).status_code == 404
    assert not now(ada).email_verified
    assert Client().post(link(now(ada))).status_code == 200


def test_a_deleted_members_link_is_nothing(ada: User) -> None:
    make("bob")
    path = link(ada)
    delete_member(member=ada, actor=None)
    assert Client().post(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "", "%00", "é", "a" * 5000, "..%2f"])
def test_a_guess_verifies_nothing(ada: User, token: str) -> None:
    link(ada)
    for answer in (Client().get(f"/verify-email/{token}"), Client().post(f"/verify-email?token={token}")):
        assert answer.status_code in (302, 404)
    assert not now(ada).email_verified


def test_the_token_may_stand_in_the_query_as_in_the_incumbents_links(ada: User) -> None:
    token = link(ada).rsplit("/", 1)[1]
    assert Client().get("/verify-email", {"token": token}).status_code == 200
    assert Client().post(f"/verify-email?token={token}").status_code == 200
    assert now(ada).email_verified


def test_a_link_of_another_purpose_is_none(ada: User) -> None:  # L07, V20
    token = link(ada).rsplit("/", 1)[1]
    assert Client().post(f"/lc/{token}").status_code == 404
    assert Client().get(f"/setup?token={token}").status_code == 404
    assert Client().post(f"/verify-email/{token}").status_code == 200


def test_only_a_digest_is_stored(ada: User) -> None:
    token = link(ada).rsplit("/", 1)[1]
    stored = every_stored_text()
    assert token not in stored
    assert hashlib.sha256(token.encode()).hexdigest() in stored
    assert len(token) >= 32


def test_the_page_leaks_its_address_to_nobody(ada: User) -> None:
    answer = Client().get(link(ada))
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_form_of_another_site_verifies_nothing(ada: User) -> None:  # L10
    path, strict = link(ada), Client(enforce_csrf_checks=True)
    assert strict.post(path).status_code == 403
    assert not now(ada).email_verified
    strict.get(path)
    assert strict.post(path, {"csrfmiddlewaretoken": strict.cookies["hearthkey_csrf"].value}).status_code == 200


def test_the_button_sends_another_link(ada: User) -> None:
    client = browser(ada)
    assert 'form="send-verification"' in client.get(PROFILE).content.decode()
    response = send(client, SEND, follow=True)
    assert "We sent a link to" in response.content.decode()
    assert recipients() == [ADDRESS]
    assert Client().post(link_to(ADDRESS)).status_code == 200
    assert 'form="send-verification"' not in client.get(PROFILE).content.decode()


@pytest.mark.parametrize("why", ["verified", "no address", "no mail", "fine"])
def test_nothing_is_sent_where_there_is_nothing_to_verify(settings: Any, why: str) -> None:
    ada = make("ada", email="" if why == "no address" else ADDRESS, email_verified=why == "verified")
    if why == "no mail":
        settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = "tests.accounts.test_email_verification.no_mail"
    response = send(browser(ada), SEND, follow=True)
    assert response.status_code == 200
    assert ("nothing to verify" in response.content.decode()) is (why != "fine")
    assert len(mail.outbox) == (1 if why == "fine" else 0)
    assert send_verification(user=ada) is (why == "fine")


def no_mail(*_arguments: Any, **_options: Any) -> bool:
    return False


def test_a_kind_of_mail_that_is_switched_off_leaves_no_link_behind(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = "tests.accounts.test_email_verification.no_mail"
    assert not send_verification(user=ada)
    assert not EmailVerification.objects.exists()
    assert events("email_verification_sent") == []


def test_without_mail_the_page_says_whom_to_ask(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = "tests.accounts.test_email_verification.no_mail"
    page = browser(ada).get(PROFILE).content.decode()
    assert "can't send email" in page
    assert "send-verification" not in page


def test_links_are_sent_three_times_and_then_seldom(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    client = browser(ada)
    assert [send(client, SEND).status_code for _ in range(4)] == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_who_was_deleted_meanwhile_is_sent_nothing(ada: User) -> None:
    User.objects.filter(pk=ada.pk).delete()
    assert not send_verification(user=ada)
    assert mail.outbox == []


def test_guesses_are_limited(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    assert [Client().post("/verify-email/x").status_code for _ in range(6)] == [404] * 5 + [429]
    answer = Client().post(link(ada))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_names_are_text_in_mails_and_end_no_header() -> None:  # M08
    ada = make("ada", email=ADDRESS, display_name='<b>"Ada" & co', first_name="{{ link }}")
    link(ada)
    (letter,) = mail.outbox
    assert "\n" not in letter.subject
    assert "&lt;" not in letter.body
    assert "ada" in letter.body


def test_links_that_expired_are_swept_a_day_later(ada: User) -> None:
    link(ada)
    late = timezone.now() + timedelta(hours=48, minutes=1)
    assert sweep(now=late - timedelta(minutes=2), limit=10) == 0
    assert sweep(now=late, limit=10) >= 1
    assert not EmailVerification.objects.exists()


def test_the_member_reads_in_their_activity_what_was_sent_and_verified(ada: User) -> None:
    client = browser(ada)
    client.post(link(ada))
    page = client.get("/account/activity/").content.decode()
    assert f"We sent you a link to verify {ADDRESS}." in page
    assert f"You verified your address {ADDRESS}." in page
