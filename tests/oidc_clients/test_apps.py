"""The page of a member's apps: what they may open, what they agreed to, and the devices that are signed in as them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from accounts.services.groups import set_groups
from audit.models import Event
from oidc_clients.models import AccessToken, Client, ClientLogo, ClientSession, Consent, LogoutDelivery
from tests.support.oidc_clients import world
from tests.support.oidc_clients.listener import listening
from tests.support.oidc_clients.world import FORM, RelyingParty, userinfo
from tests.support.sql_counts import counted_sql

from .test_backchannel_logout import deliver, listens
from .test_devices import AGENT, ask, claim, poll, press

pytestmark = pytest.mark.django_db
APPS = "/account/apps/"


def page(browser: Browser, path: str = APPS) -> str:
    response = browser.get(path)
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def listed(shown: str) -> list[str]:
    return re.findall(r'<span class="item-title">([^<]*)</span>', shown)


def revoke_path(app: RelyingParty) -> str:
    return f"{APPS}{app.client_id}/revoke"


def device_tokens(app: RelyingParty, browser: Browser, *, approved_at: str = "127.0.0.1") -> dict[str, Any]:
    codes = ask(app)
    claim(browser, codes["user_code"], REMOTE_ADDR=approved_at)
    press(browser, "approve", codes["user_code"])
    response = poll(app, codes["device_code"])
    assert response.status_code == 200, response.content
    return dict(response.json())


def end_path() -> str:
    return f"{APPS}devices/{ClientSession.objects.get(kind='device', ended_at=None).pk}/end"


# What is listed.


def test_who_is_not_signed_in_is_asked_to(rose: User) -> None:
    for path in (APPS, f"{APPS}x/revoke"):
        response = Browser().get(path)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/login?next=/account/apps/")


def test_every_app_that_one_may_use_is_listed_and_opens_if_it_has_a_launch_url(browser: Browser, rose: User) -> None:
    family, others = world.group("Family", rose), world.group("Others")
    world.register("Open", launch_url="https://open.example.org/start", description="Our photos")
    world.register("Ours", launch_url="https://ours.example.org", is_restricted=True, allowed_groups=[family])
    world.register("Theirs", launch_url="https://theirs.example.org", is_restricted=True, allowed_groups=[others])
    world.register("Nobody's", launch_url="https://nobody.example.org", is_restricted=True)
    world.register("Without a link")
    shown = page(browser)
    assert listed(shown) == ["Open", "Ours", "Without a link"]
    assert shown.count('rel="noopener noreferrer"') == 2
    assert 'href="https://open.example.org/start" target="_blank" rel="noopener noreferrer"' in shown
    assert "Our photos" in shown
    assert "open.example.org" in shown
    assert "Not used yet" in shown
    assert "Revoke access" not in shown, "Nothing was given to any of them"


def test_a_superuser_is_not_exempt() -> None:
    root = world.member("root", is_superuser=True)
    world.register("Theirs", launch_url="https://theirs.example.org", is_restricted=True)
    world.register("Open", launch_url="https://open.example.org")
    assert listed(page(world.signed_in(root))) == ["Open"]


def test_the_app_used_last_comes_first_and_unused_ones_last_by_name(browser: Browser, rose: User) -> None:
    for number, (name, used) in enumerate((("B", None), ("A", None), ("Older", 9), ("Newer", 2))):
        app = world.register(name, launch_url="https://x.example.org")
        if used is not None:
            at = timezone.now() - timedelta(days=used)
            ClientSession.objects.create(user=rose, client=app.row, sid=f"s{number}", authorized_at=at)
    # Somebody else's use counts for nothing.
    ClientSession.objects.create(user=world.member("bob"), client=Client.objects.get(name="A"), sid="bob")
    assert listed(page(browser)) == ["Newer", "Older", "A", "B"]


def test_an_app_that_only_has_a_session_is_connected(app: RelyingParty, browser: Browser) -> None:
    app.row.skip_authorization, app.row.issues_refresh_tokens = True, False
    app.row.is_restricted = True
    app.row.save()
    family = world.group("Family", User.objects.get(username="rose"))
    app.row.allowed_groups.add(family)
    app.tokens(browser)
    AccessToken.objects.all().delete()
    app.row.allowed_groups.clear()
    assert listed(page(browser)) == ["App"]
    response = browser.post(revoke_path(app), follow=True)
    assert "App no longer has access to your account." in response.content.decode()
    assert ClientSession.objects.get().ended_at is not None
    assert listed(response.content.decode()) == []


def test_an_app_that_one_may_not_use_any_more_can_still_be_disconnected(rose: User) -> None:
    family = world.group("Family", rose)
    app = world.register(launch_url="https://app.example.org", is_restricted=True, allowed_groups=[family])
    browser = world.signed_in(rose)
    app.tokens(browser)
    assert "No longer available to you" not in page(browser)
    set_groups(member=rose, groups=[], actor=None)
    shown = page(browser)
    assert "No longer available to you" in shown
    assert 'href="https://app.example.org"' not in shown
    assert revoke_path(app) in shown


def test_a_logo_is_shown_where_there_is_one(browser: Browser) -> None:
    app = world.register(launch_url="https://app.example.org")
    assert f"/clients/{app.client_id}/logo" not in page(browser)
    ClientLogo.objects.create(client=app.row, data=b"x", content_type="image/png", etag="e")
    assert f"/clients/{app.client_id}/logo" in page(browser)


def test_what_an_app_sees_is_said_in_peoples_words_and_since_when(app: RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    Consent.objects.update(given_at=datetime(2024, 3, 9, 12, tzinfo=UTC))
    shown = page(browser)
    assert re.search(r"Since [^:]*2024[^:]* it can see:", shown)
    for words in ("Your name, username and picture", "Your email address", "The groups you belong to"):
        assert words in shown
    assert "It stays connected after you sign out." in shown
    assert "offline_access" not in shown


def test_an_app_that_only_knows_who_it_is_says_so(app: RelyingParty, browser: Browser) -> None:
    app.tokens(browser, scope="openid")
    shown = page(browser)
    assert "only your account ID" in shown
    assert "stays connected" not in shown


def test_where_there_is_nothing_the_page_says_so(browser: Browser) -> None:
    shown = page(browser)
    assert "You don't have any apps yet." in shown
    assert "No devices are signed in with a code." in shown


def test_the_page_is_kept_by_nobody_and_framed_by_nobody(browser: Browser) -> None:
    response = browser.get(APPS)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_names_that_look_like_markup_are_text(browser: Browser, rose: User) -> None:
    app = world.register("<b>Bold</b>", description="<script>x</script>", launch_url="https://app.example.org")
    device_tokens(app, browser)
    ClientSession.objects.update(user_agent="<img src=x>")
    shown = page(browser)
    assert re.search(r"<b>Bold|<script>x|<img src=x>", shown) is None
    assert "&lt;b&gt;Bold" in shown
    assert "&lt;img src=x&gt;" in shown


def test_the_statements_of_the_page_do_not_grow_with_the_apps(browser: Browser, rose: User) -> None:
    def fill(count: int) -> None:
        family = world.group(f"Family {count}", rose)
        for number in range(count):
            name = f"App {count}-{number}"
            app = world.register(name, launch_url="https://x.example.org", allowed_groups=[family], is_restricted=True)
            ClientLogo.objects.create(client=app.row, data=b"x", content_type="image/png", etag="e")
            # Codes that are entered are counted by address.
            device_tokens(app, browser, approved_at=f"198.51.100.{count * 10 + number}")

    fill(1)
    browser.get(APPS)
    with counted_sql() as few:
        browser.get(APPS)
    fill(6)
    with counted_sql() as many:
        shown = page(browser)
    assert len(listed(shown)) == 7
    assert shown.count("/end") == 7
    assert len(many) == len(few) <= 6, many


# Taking a consent back.


def test_revoking_is_asked_for_and_a_get_changes_nothing(app: RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser)
    asked = page(browser, revoke_path(app))
    assert "Revoke access for App?" in asked
    assert "Your email address" in asked
    assert Consent.objects.count() == 1
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revoked_consent_ends_the_clients_tokens_on_devices_too(
    app: RelyingParty, other_app: RelyingParty, browser: Browser, rose: User
) -> None:
    tokens, elsewhere = app.tokens(browser), other_app.tokens(browser)
    television = device_tokens(app, browser)
    response = browser.post(revoke_path(app), follow=True)
    assert "App no longer has access to your account." in response.content.decode()
    for ended in (tokens, television):
        assert app.refresh(ended["refresh_token"]).json()["error"] == "invalid_grant"
        assert userinfo(ended["access_token"]).status_code == 401
    # The twin differs in its client alone.
    assert other_app.refresh(elsewhere["refresh_token"]).status_code == 200
    event = Event.objects.get(name="consent_revoked")
    assert (event.subject_id, event.actor_id, event.client_id) == (str(rose.pk), str(rose.pk), app.client_id)
    shown = response.content.decode()
    assert revoke_path(app) not in shown
    assert revoke_path(other_app) in shown
    assert "consent" in world.follow(browser, app.authorize(browser)).content.decode(), "It asks again"


def test_the_client_whose_consent_was_revoked_is_told(app: RelyingParty, browser: Browser) -> None:
    with listening() as listener:
        listens(app, listener).tokens(browser)
        browser.post(revoke_path(app))
        deliver()
        assert world.claims_of(listener.tokens[0])["sid"] == world.sid_of(browser)


def test_ones_own_access_needs_no_fresh_passkey(app: RelyingParty, rose: User) -> None:
    old = world.signed_in(rose, age=86_000)
    app.tokens(old)
    assert old.post(revoke_path(app)).status_code == 302
    assert not Consent.objects.exists()


def test_what_was_given_without_asking_can_be_taken_back_too(app: RelyingParty, browser: Browser) -> None:
    app.row.skip_authorization = True
    app.row.save()
    tokens = app.tokens(browser)
    assert not Consent.objects.exists()
    assert browser.post(revoke_path(app)).status_code == 302
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    event = Event.objects.get(name="access_revoked")
    assert event.sentence == "The access of rose at App was ended: the member revoked it."
    assert revoke_path(app) not in page(browser)


def test_nobody_revokes_what_another_member_gave(app: RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser)
    stranger = world.signed_in(world.member("mallory"))
    assert stranger.get(revoke_path(app)).status_code == 404
    told = stranger.post(revoke_path(app), follow=True).content.decode()
    assert "This app doesn&#x27;t have access to your account." in told
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    told = stranger.post(f"{APPS}no-such-client/revoke", follow=True).content.decode()
    assert "This app doesn&#x27;t have access to your account." in told
    assert not Event.objects.filter(name__in=["access_revoked", "consent_revoked"]).exists()
    assert browser.post(revoke_path(app)).status_code == 302
    assert "This app doesn&#x27;t have access" in browser.post(revoke_path(app), follow=True).content.decode()


@pytest.mark.parametrize("path", ["{app}/revoke", "devices/{device}/end"])
def test_a_forged_post_ends_nothing(app: RelyingParty, browser: Browser, rose: User, path: str) -> None:
    device_tokens(app, browser)
    device = ClientSession.objects.get(kind="device")
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    address = APPS + path.format(app=app.client_id, device=device.pk)
    assert strict.post(address).status_code == 403
    device.refresh_from_db()
    assert device.ended_at is None
    assert browser.post(address).status_code == 302


# Devices.


def test_a_device_is_listed_with_what_it_is_where_and_since_when(app: RelyingParty, browser: Browser) -> None:
    device_tokens(app, browser)
    shown = page(browser)
    assert AGENT in shown
    assert "93.184.216.7" in shown
    assert "Signed in at App" in shown
    session = ClientSession.objects.get(kind="device")
    assert session.started_at.isoformat()[:16] in shown
    assert (session.user_agent, session.ip_address) == (AGENT, "93.184.216.7")


def test_a_device_with_a_browser_is_called_as_people_call_it(app: RelyingParty, browser: Browser) -> None:
    device_tokens(app, browser)
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"
    ClientSession.objects.filter(kind="device").update(user_agent=firefox)
    assert "Firefox on Windows" in page(browser)
    ClientSession.objects.filter(kind="device").update(user_agent="")
    assert "Unknown device" in page(browser)


def test_a_browsers_own_sign_in_is_no_device(app: RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    assert "No devices are signed in with a code." in page(browser)


@pytest.mark.parametrize(("skips", "words"), [(False, "it asks you first"), (True, "it gets access without asking")])
def test_the_question_says_what_comes_of_opening_the_app_again(
    app: RelyingParty, browser: Browser, skips: bool, words: str
) -> None:
    app.tokens(browser)
    app.row.skip_authorization = skips
    app.row.save()
    assert words in page(browser, revoke_path(app))


def test_what_is_known_of_its_last_use_is_swept_before_what_was_given_to_it(
    app: RelyingParty, browser: Browser
) -> None:
    app.tokens(browser)
    assert "Last used" in page(browser)
    ClientSession.objects.all().delete()
    assert "Not used recently" in page(browser)
    assert "Not used yet" not in page(browser)


def test_ending_a_device_ends_its_tokens_and_nobody_elses(app: RelyingParty, browser: Browser, rose: User) -> None:
    here = app.tokens(browser)
    television = device_tokens(app, browser)
    path = end_path()
    kept = device_tokens(app, browser)
    response = browser.post(path, follow=True)
    assert "Device signed out." in response.content.decode()
    assert app.refresh(television["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(television["access_token"]).status_code == 401
    # The twins: another device of the same member and client, and the browser.
    for twin in (kept, here):
        assert app.refresh(twin["refresh_token"]).status_code == 200
    assert Consent.objects.count() == 1
    event = Event.objects.get(name="device_ended")
    assert (event.subject_id, event.actor_id, event.client_id) == (str(rose.pk), str(rose.pk), app.client_id)
    assert event.own_sentence == f"You signed a device out at App ({AGENT})."
    assert "This device is already signed out." in browser.post(path, follow=True).content.decode()
    assert Event.objects.filter(name="device_ended").count() == 1


def test_the_client_of_an_ended_device_is_told(app: RelyingParty, browser: Browser) -> None:
    app.row.backchannel_logout_uri = "https://app.example.org/out"
    app.row.save()
    device_tokens(app, browser)
    session = ClientSession.objects.get(kind="device")
    browser.post(end_path())
    assert LogoutDelivery.objects.get().sid == session.sid


def test_nobody_ends_another_members_device_nor_a_browsers_session_here(app: RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    television = device_tokens(app, browser)
    stranger = world.signed_in(world.member("mallory"))
    path = end_path()
    assert "This device is already signed out." in stranger.post(path, follow=True).content.decode()
    assert AGENT not in page(stranger)
    mine = ClientSession.objects.get(kind="browser")
    assert browser.post(f"{APPS}devices/{mine.pk}/end").status_code == 302
    assert Event.objects.filter(name="device_ended").count() == 0
    mine.refresh_from_db()
    assert mine.ended_at is None
    assert app.refresh(television["refresh_token"]).status_code == 200
    assert browser.get(path).headers["Location"] == APPS
    assert browser.post(path).status_code == 302


def test_a_device_whose_tokens_are_gone_is_not_listed(app: RelyingParty, browser: Browser) -> None:
    television = device_tokens(app, browser)
    assert AGENT in page(browser)
    body = f"client_id={app.client_id}&client_secret={app.secret}&token={television['refresh_token']}"
    assert Browser().post("/api/oidc/revoke", body, content_type=FORM).status_code == 200
    assert AGENT not in page(browser)


def test_the_page_shows_when_a_device_was_last_used(app: RelyingParty, browser: Browser) -> None:
    television = device_tokens(app, browser)
    app.refresh(television["refresh_token"])
    devices = page(browser).split('id="devices-title"')[1]
    assert "Last used" in devices
