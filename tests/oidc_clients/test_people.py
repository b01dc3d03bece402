from __future__ import annotations

from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.services.groups import set_groups
from accounts.services.members import change_member
from audit.models import Event
from oidc_clients.models import Client, Consent
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty


def test_somebody_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(app: RelyingParty, rose: User) -> None:
    response = app.authorize(Browser())
    assert response.status_code in (302, 303)
    assert response.headers["Location"].startswith("/login?next=")


def test_consent_is_asked_once_and_again_for_more(app: RelyingParty, browser: Browser, rose: User) -> None:  # A15
    page = browser.get(app.authorize(browser, scope="openid email").headers["Location"])
    assert "App" in page.content.decode()
    assert "Continue" in page.content.decode()
    world.finish(browser, app.authorize(browser, scope="openid email"))
    assert set(Consent.objects.get(user=rose).scopes) == {"openid", "email"}
    again = app.authorize(browser, scope="openid email")
    assert world.address_of(again).startswith(world.CALLBACK)
    wider = app.authorize(browser, scope="openid email groups")
    assert wider.headers["Location"].startswith("/authorize?interaction=")
    asked = app.authorize(browser, scope="openid email", prompt="consent")
    assert asked.headers["Location"].startswith("/authorize?interaction=")
    assert Event.objects.filter(name="consent_given").count() == 1


def test_skipping_consent_yields_to_a_client_that_asks_for_it(browser: Browser) -> None:  # A15
    app = world.register(skip_authorization=True)
    assert world.address_of(app.authorize(browser)).startswith(world.CALLBACK)
    assert app.authorize(browser, prompt="consent").headers["Location"].startswith("/authorize?interaction=")


def test_another_browser_cannot_consent(app: RelyingParty, browser: Browser, rose: User) -> None:  # A15
    page = browser.get(app.authorize(browser).headers["Location"]).content.decode()
    action = page.split('action="')[1].split('"')[0]
    stranger = world.signed_in(world.member("mallory"))
    assert stranger.post(action).status_code == 400
    assert not Consent.objects.exists()
    assert world.address_of(browser.post(action)).startswith(world.CALLBACK)
    assert browser.post(action).status_code == 400, "an interaction is answered once"


def test_pressing_cancel_tells_the_client(app: RelyingParty, browser: Browser) -> None:
    page = browser.get(app.authorize(browser).headers["Location"]).content.decode()
    action = next(part.split('"')[0] for part in page.split('action="')[1:] if "cancel" in part.split('"')[0])
    response = browser.post(action)
    assert world.answer_of(response)["error"] == "access_denied"
    assert "form-action 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_restricted_client_without_groups_lets_nobody_in(rose: User) -> None:  # A16
    change_member(member=rose, values={"is_superuser": True}, actor=None)
    rose.refresh_from_db()
    app = world.register(is_restricted=True)
    browser = world.signed_in(rose)
    page = world.finish(browser, app.authorize(browser)).content.decode()
    assert "have access" in page
    assert "no groups yet" in page, "an operator sees the rule"
    assert not Consent.objects.exists()
    assert world.answer_of(app.authorize(browser, prompt="none"))["error"] == "access_denied"
    Client.objects.filter(pk=app.row.pk).update(is_restricted=False)
    assert world.address_of(world.finish(browser, app.authorize(browser))).startswith(world.CALLBACK)


# V38
def test_access_follows_the_group_at_every_sign_in(rose: User) -> None:  # A16
    family = world.group("Family", rose)
    app = world.register(is_restricted=True, allowed_groups=[family])
    browser = world.signed_in(rose)
    tokens = app.tokens(browser)
    assert "error" not in world.answer_of(app.authorize(browser, prompt="none"))
    set_groups(member=rose, groups=[], actor=None)
    assert world.answer_of(app.authorize(browser, prompt="none"))["error"] == "access_denied"
    page = world.finish(browser, app.authorize(browser))
    assert page.status_code in (200, 403)
    assert "back" in page.content.decode().lower()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert Event.objects.filter(name="access_revoked", subject_id=str(rose.pk)).exists()


def test_silent_requests_are_answered_at_once(app: RelyingParty, browser: Browser) -> None:
    assert world.answer_of(app.authorize(Browser(), prompt="none"))["error"] == "login_required"
    assert world.answer_of(app.authorize(browser, prompt="none"))["error"] == "consent_required"
    world.finish(browser, app.authorize(browser))
    assert "code" in world.answer_of(app.authorize(browser, prompt="none"))
    assert world.answer_of(app.authorize(browser, prompt="none login"))["error"] == "invalid_request"


def test_a_fresh_passkey_is_asked_for_and_a_code_session_never_has_one(rose: User) -> None:
    app = world.register(requires_fresh_passkey=True, skip_authorization=True)
    recent = world.signed_in(rose, age=10)
    assert world.address_of(app.authorize(recent)).startswith(world.CALLBACK)
    for browser in (world.signed_in(rose, age=600), world.signed_in(rose, method="code")):
        response = app.authorize(browser)
        for _ in range(3):
            if response.status_code in (302, 303) and "interaction=" in response.headers["Location"][:40]:
                response = browser.get(response.headers["Location"])
        assert response.headers["Location"].startswith("/account/confirm?")


def test_being_asked_to_sign_in_again_is_not_answered_by_coming_back(app: RelyingParty, rose: User) -> None:
    old = world.signed_in(rose, age=600)
    world.finish(old, app.authorize(old))
    for changes in ({"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}):
        response = app.authorize(old, **changes)
        where = response.headers["Location"]
        assert not where.startswith(world.CALLBACK)
        assert not old.get(where).headers.get("Location", "").startswith(world.CALLBACK)
    assert world.address_of(app.authorize(old, max_age="3600")).startswith(world.CALLBACK)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.sampled_from(
            ["scope", "state", "nonce", "prompt", "max_age", "response_type", "response_mode", "code_challenge"]
            + ["code_challenge_method", "client_id", "redirect_uri", "claims", "request", "acr_values", "id_token_hint"]
        ),
        st.one_of(st.text(max_size=60), st.sampled_from(["\x00", "none", "login", "0", "-1", "9" * 30, "x" * 3000])),
        max_size=5,
    )
)
def test_whatever_is_asked_is_answered_below_500(app: RelyingParty, browser: Browser, changes: dict[str, str]) -> None:
    response = world.finish(browser, app.authorize(browser, **changes))
    assert response.status_code < 500
