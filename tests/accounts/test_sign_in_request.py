"""The browser that waits: what it shows, how it is signed in, and what becomes of it otherwise."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import segno
from django.utils import timezone

from accounts.models import Session, SignInRequest, User
from accounts.services.sessions import end_sessions
from accounts.services.sign_in_requests_codes import digest_of
from accounts.services.sweep import sweep
from accounts.tasks import remove_expired
from config.environment.logs import masked
from tests.support.accounts.people import browser, events, every_stored_text, make
from tests.support.accounts.waiting import COOKIE, TELEVISION, Waiting, approve, only, refuse, text_of
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com")


@pytest.mark.usefixtures("ada")
def test_opening_the_page_makes_nothing_until_it_asks_for_a_code() -> None:
    waiting = Waiting()
    for _ in range(3):
        page = text_of(waiting.open())
        assert "Show a code" in page
        assert "device_sign_in.js" in page
    assert not SignInRequest.objects.exists()
    waiting.press("/login/device")
    assert SignInRequest.objects.count() == 1


@pytest.mark.usefixtures("ada")
def test_the_page_shows_a_code_that_begins_with_a_digit_and_a_picture_of_the_link(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_BASE_URL = "https://id.example.com"
    waiting = Waiting().begin()
    response = waiting.open()
    assert response.status_code == 200
    assert re.fullmatch(r"[2-9][2-9BCDFGHJKLMNPQRSTVWXZ]{3}-[2-9BCDFGHJKLMNPQRSTVWXZ]{4}", waiting.code)
    expected = segno.make(f"https://id.example.com{waiting.link}", micro=False, error="m")
    assert expected.svg_data_uri(scale=5, border=4, dark="#000", light="#fff") in response.content.decode().replace(
        "&#x27;", "'"
    )
    assert "https://id.example.com/device" in text_of(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


@pytest.mark.usefixtures("ada")
def test_a_browser_has_one_live_request_and_every_tab_shows_it() -> None:
    waiting = Waiting().begin()
    code = waiting.code
    waiting.begin()
    waiting.press("/login/device")
    assert waiting.code == code
    assert SignInRequest.objects.count() == 1
    other = Waiting().begin()
    assert other.code != code
    assert SignInRequest.objects.count() == 2


@pytest.mark.usefixtures("ada")
def test_a_new_code_follows_one_that_is_over() -> None:
    waiting = Waiting().begin()
    code, secret = waiting.code, waiting.secret
    waiting.press("/login/device/cancel")
    waiting.client.cookies[COOKIE] = secret
    waiting.press("/login/device")
    assert waiting.code != code
    live = SignInRequest.objects.filter(status=SignInRequest.Status.WAITING)
    assert live.count() == 1


@pytest.mark.usefixtures("ada")
def test_what_somebody_left_in_the_browser_stands_for_nothing() -> None:
    waiting = Waiting()
    waiting.client.cookies[COOKIE] = "a secret that an earlier visitor wrote down"
    waiting.begin()
    assert waiting.secret != "a secret that an earlier visitor wrote down"
    assert only().browser_digest == digest_of(waiting.secret)


@pytest.mark.usefixtures("ada")
def test_who_sat_here_before_knows_nothing_of_the_code_after_theirs() -> None:
    waiting = Waiting().begin()
    theirs = waiting.secret
    SignInRequest.objects.update(expires_at=timezone.now())
    assert "expired" in text_of(waiting.open())
    waiting.press("/login/device")
    secret = waiting.secret
    elsewhere = Waiting()
    elsewhere.client.cookies[COOKIE] = theirs
    elsewhere.press("/login/device")
    assert elsewhere.secret not in (theirs, secret)
    assert SignInRequest.objects.get(browser_digest=digest_of(secret)).status == SignInRequest.Status.WAITING


@pytest.mark.usefixtures("ada")
def test_who_waits_takes_no_lock_that_others_wait_for() -> None:
    waiting = Waiting()
    waiting.open()
    waiting.client.cookies.clear()
    with counted_sql() as statements:
        assert waiting.poll() == {"state": "expired"}
    assert statements == []
    waiting.begin()
    with counted_sql() as statements:
        assert waiting.poll() == {"state": "waiting"}
    assert [sql.split()[0] for sql in statements] == ["SELECT"]


@pytest.mark.usefixtures("ada")
def test_the_cookie_is_for_this_host_alone(settings: Any) -> None:
    cookie = Waiting().open().cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    settings.SESSION_COOKIE_SECURE = True
    cookie = Waiting().open().cookies[f"__Host-{COOKIE}"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_nothing_that_is_shown_is_stored(ada: User) -> None:  # L06
    waiting = Waiting().begin()
    code = waiting.code
    ada_there = browser(ada)
    ada_there.post("/device", {"user_code": code})
    approve(ada_there, waiting.link)
    secrets = (code, code.replace("-", ""), waiting.secret, waiting.link.rsplit("/", 1)[1])
    assert waiting.poll()["state"] == "signed_in"
    stored = every_stored_text()
    assert not [secret for secret in secrets if secret in stored]
    assert digest_of(code.replace("-", "")) in stored


def test_approved_it_signs_in_and_goes_where_the_person_was_heading(ada: User) -> None:
    waiting = Waiting(heading="/account/passkeys/").begin()
    assert waiting.poll() == {"state": "waiting"}
    assert not waiting.is_signed_in
    approve(browser(ada), waiting.link)
    assert waiting.poll() == {"state": "signed_in", "next": "/account/passkeys/"}
    assert waiting.client.session["_auth_user_id"] == str(ada.pk)
    assert waiting.client.get("/account/").status_code == 200
    (used,) = events("device_sign_in_used")
    assert (used.subject_id, used.data["device_agent"], used.ip_address) == (str(ada.pk), TELEVISION, "127.0.0.1")


@pytest.mark.parametrize(
    "heading",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        # A page that goes on by itself drops a quotation mark in front.
        "'//evil.example/",
        '"//evil.example/',
        "account/",
        "",
    ],
)
def test_who_was_heading_elsewhere_arrives_at_the_account(ada: User, heading: str) -> None:
    waiting = Waiting(heading=heading).begin()
    approve(browser(ada), waiting.link)
    assert waiting.poll()["next"] == "/account/"


def test_without_script_a_button_signs_in_and_continues(ada: User) -> None:
    waiting = Waiting(heading="/account/passkeys/?a=1&b=2").begin()
    early = waiting.go_on()
    assert early.status_code == 200
    assert "Not approved yet." in text_of(early)
    approve(browser(ada), waiting.link)
    response = waiting.go_on()
    assert (response.status_code, response.headers["Location"]) == (302, "/account/passkeys/?a=1&b=2")
    assert waiting.is_signed_in


def test_an_approval_is_picked_up_once(ada: User) -> None:
    waiting = Waiting().begin()
    twin = Waiting()
    twin.client.cookies[COOKIE] = waiting.secret
    approve(browser(ada), waiting.link)
    assert waiting.poll()["state"] == "signed_in"
    assert twin.poll() == {"state": "used"}
    assert not twin.is_signed_in
    assert "This code has been used" in text_of(twin.open())
    assert Session.objects.filter(method="device").count() == 1


def test_only_the_browser_that_asked_picks_it_up(ada: User) -> None:
    waiting, stranger = Waiting().begin(), Waiting().begin()
    approve(browser(ada), waiting.link)
    for secret in (stranger.secret, waiting.link.rsplit("/", 1)[1], waiting.code, "", "x" * 5000, "\x00"):
        stranger.client.cookies[COOKIE] = secret
        assert stranger.poll()["state"] in ("waiting", "expired")
    assert not stranger.is_signed_in
    assert waiting.poll()["state"] == "signed_in"


def test_refused_it_says_so_and_offers_a_new_code(ada: User) -> None:
    waiting = Waiting().begin()
    refuse(browser(ada), waiting.link)
    assert waiting.poll() == {"state": "refused"}
    page = text_of(waiting.open())
    assert "The sign-in was refused" in page
    assert "Show a new code" in page
    assert not waiting.is_signed_in


# L07, V21
@pytest.mark.parametrize(("left", "state"), [(timedelta(seconds=-1), "expired"), (timedelta(seconds=30), "waiting")])
def test_after_five_minutes_it_is_over_though_nobody_swept(ada: User, left: timedelta, state: str) -> None:
    waiting = Waiting().begin()
    link = waiting.link
    row = only()
    assert timedelta(minutes=4, seconds=50) < row.expires_at - timezone.now() <= timedelta(minutes=5)
    SignInRequest.objects.update(expires_at=timezone.now() + left)
    assert waiting.poll() == {"state": state}
    ada_there = browser(ada)
    approve(ada_there, link)
    assert waiting.poll()["state"] == ("expired" if state == "expired" else "signed_in")
    if state == "expired":
        assert "This code has expired" in text_of(waiting.open())
        assert "This code has expired" in text_of(ada_there.get(link))


def test_an_approval_that_nobody_picks_up_expires(ada: User) -> None:
    waiting = Waiting().begin()
    approve(browser(ada), waiting.link)
    SignInRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert waiting.poll() == {"state": "expired"}
    assert not waiting.is_signed_in
    (event,) = events("device_sign_in_expired")
    assert (event.subject_id, event.data["was_approved"]) == (str(ada.pk), True)


def test_an_approval_at_the_last_moment_can_still_be_picked_up(ada: User) -> None:
    Waiting().begin()
    waiting = Waiting().begin()
    SignInRequest.objects.update(expires_at=timezone.now() + timedelta(seconds=2))
    approve(browser(ada), waiting.link)
    row = SignInRequest.objects.get(status=SignInRequest.Status.APPROVED)
    assert row.expires_at > timezone.now() + timedelta(seconds=50)


@pytest.mark.usefixtures("ada")
def test_cancelled_it_leads_back_and_can_be_approved_by_nobody(ada: User) -> None:
    waiting = Waiting(heading="/account/passkeys/").begin()
    link = waiting.link
    response = waiting.press("/login/device/cancel")
    assert unquote(response.headers["Location"]) == "/login?next=/account/passkeys/"
    ada_there = browser(ada)
    approve(ada_there, link)
    assert only().status == SignInRequest.Status.CANCELLED
    assert "The sign-in was cancelled" in text_of(ada_there.get(link))


# L03, V32
@pytest.mark.parametrize("is_disabled", [True, False])
def test_who_is_disabled_between_approval_and_pick_up_is_not_signed_in(ada: User, is_disabled: bool) -> None:
    waiting = Waiting().begin()
    approve(browser(ada), waiting.link)
    User.objects.filter(pk=ada.pk).update(is_active=not is_disabled)
    assert waiting.poll()["state"] == ("refused" if is_disabled else "signed_in")
    assert waiting.is_signed_in is not is_disabled
    assert [event.data["reason"] for event in events("device_sign_in_refused")] == ["member_disabled"] * is_disabled
    if is_disabled:
        User.objects.filter(pk=ada.pk).update(is_active=True)
        assert waiting.poll()["state"] == "refused"


@pytest.mark.parametrize("is_ended", [True, False])
def test_an_approval_ends_with_the_session_that_gave_it(ada: User, is_ended: bool) -> None:
    waiting = Waiting().begin()
    approve(browser(ada), waiting.link)
    if is_ended:
        end_sessions(user=ada, reason="test")
    assert waiting.poll()["state"] == ("refused" if is_ended else "signed_in")
    assert [event.data["reason"] for event in events("device_sign_in_refused")] == ["session_ended"] * is_ended


def test_the_session_ends_with_the_passkey_that_approved_it(ada: User) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    approve(ada_there, waiting.link)
    waiting.poll()
    assert waiting.entry["passkey"] == ada_there.session["hearthkey_auth"]["passkey"]
    end_sessions(user=ada, reason="passkey_removed", passkey=waiting.entry["passkey"])
    assert waiting.client.get("/account/").status_code == 302


def test_who_is_signed_in_is_not_asked_for_a_code(ada: User) -> None:
    ada_there = browser(ada)
    response = ada_there.get("/login/device", {"next": "/account/passkeys/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/account/passkeys/")
    ada_there.post("/login/device")
    assert not SignInRequest.objects.exists()


@pytest.mark.usefixtures("ada")
def test_asking_for_codes_is_limited_and_looking_is_not(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    answers = []
    for _ in range(12):
        waiting = Waiting()
        assert waiting.open().status_code == 200
        answers.append(waiting.press("/login/device").status_code)
    assert answers == [302] * 10 + [429] * 2


def test_rows_go_a_day_after_their_end_and_live_ones_stay(ada: User) -> None:
    waiting, done = Waiting().begin(), Waiting().begin()
    approve(browser(ada), done.link)
    done.poll()
    now = timezone.now()
    assert SignInRequest.objects.count() == 2
    remove_expired.call()
    assert SignInRequest.objects.count() == 2
    sweep(now=now + timedelta(days=1, minutes=6), limit=100)
    assert list(SignInRequest.objects.values_list("browser_digest", flat=True)) == [digest_of(waiting.secret)]
    SignInRequest.objects.update(expires_at=now - timedelta(seconds=1))
    sweep(now=now, limit=100)
    assert only().status == SignInRequest.Status.EXPIRED
    sweep(now=now + timedelta(days=1), limit=100)
    assert not SignInRequest.objects.exists()


def test_only_what_a_member_knew_is_told_when_it_expires(ada: User) -> None:
    Waiting().begin()
    typed = Waiting().begin()
    browser(ada).post("/device", {"user_code": typed.code})
    SignInRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep(now=timezone.now(), limit=100)
    (event,) = events("device_sign_in_expired")
    assert (event.subject_id, event.data["was_approved"], event.data["device_address"]) == (
        str(ada.pk),
        False,
        "127.0.0.1",
    )


def test_switched_off_nothing_is_offered_and_what_waits_dies(ada: User, settings: Any) -> None:
    waiting, approved = Waiting().begin(), Waiting().begin()
    link, code = waiting.link, waiting.code
    ada_there = browser(ada)
    approve(ada_there, approved.link)
    settings.HEARTHKEY_ACCOUNTS_OTHER_DEVICE = False
    for response in (
        waiting.open(),
        waiting.press("/login/device"),
        approved.go_on(),
        waiting.press("/login/device/cancel"),
        ada_there.get(link),
        approve(ada_there, link),
        refuse(ada_there, link),
    ):
        assert response.status_code == 404
        assert "Sign-in from another device is disabled" in text_of(response)
    assert ada_there.post("/device", {"user_code": code}).status_code == 404
    settings.HEARTHKEY_ACCOUNTS_OTHER_DEVICE = True
    assert waiting.poll() == {"state": "cancelled"}
    assert approved.poll() == {"state": "cancelled"}
    assert not approved.is_signed_in


def test_logs_mask_the_link() -> None:

    assert masked("GET /login/device/abcDEF-123_ 200") == "GET /login/device/*** 200"
    assert masked("GET /login/device 200") == "GET /login/device 200"


def test_the_picture_is_one_that_the_policy_allows(ada: User) -> None:
    waiting = Waiting().begin()
    response = waiting.open()
    assert "img-src 'self' data:" in response.headers["Content-Security-Policy"]
    assert re.search(r'<img class="qr" src="data:image/svg\+xml', response.content.decode())
