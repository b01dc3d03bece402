"""Clients are told that a session ended (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from jwcrypto import jws

from accounts.models import User
from audit.models import Event
from config.jobs import queue
from config.jobs.models import Job
from config.jobs.policies import policy_of
from oidc_clients import tasks
from oidc_clients.exceptions import LogoutNotDelivered
from oidc_clients.models import LogoutDelivery
from oidc_clients.protocol.logout import MAX_ATTEMPTS
from oidc_clients.services import rotation
from oidc_clients.services.access import revoke_consent
from oidc_clients.services.client_sessions import open_client_session
from oidc_clients.services.id_token_hints import HintRefused, read_hint
from oidc_clients.services.logout_tokens import EVENT, sign_logout_token
from tests.support.oidc_clients import world
from tests.support.oidc_clients.listener import Listener, listening
from tests.support.oidc_clients.world import RelyingParty, userinfo

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def listens(app: RelyingParty, listener: Listener, *, on_own_network: bool = True) -> RelyingParty:
    app.row.backchannel_logout_uri = listener.url
    app.row.is_on_own_network = on_own_network
    app.row.save()
    return app


def deliver() -> None:
    """Run what was enqueued, as the worker does."""
    for job in Job.objects.filter(task=tasks.deliver_logout.module_path):
        tasks.deliver_logout.call(*job.arguments["args"])


def verified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims, as a client reads them that trusts the published keys."""
    signed = jws.JWS()
    signed.deserialize(token)
    return dict(signed.jose_header), world.claims_of(token)


def test_the_logout_token_is_what_the_specification_says(  # H03
    app: RelyingParty, browser: Browser, rose: User, listener: Listener
) -> None:
    listens(app, listener).tokens(browser)
    sid = world.sid_of(browser)
    browser.post("/logout")
    deliver()
    assert [set(form) for form in listener.forms] == [{"logout_token"}]
    assert listener.content_types == ["application/x-www-form-urlencoded"]
    header, claims = verified(listener.tokens[0])
    assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
    discovery = Browser().get("/.well-known/openid-configuration").json()
    assert claims.keys() == {"iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"}
    assert (claims["iss"], claims["aud"]) == (discovery["issuer"], app.client_id)
    assert (claims["sub"], claims["sid"]) == (str(rose.pk), sid)
    assert claims["events"] == {EVENT: {}}
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert abs(claims["iat"] - time.time()) < 30
    assert discovery["backchannel_logout_supported"] is True
    assert discovery["backchannel_logout_session_supported"] is True


def test_sub_and_sid_are_those_of_the_id_token(app: RelyingParty, browser: Browser, listener: Listener) -> None:
    id_token = world.claims_of(listens(app, listener).tokens(browser)["id_token"])
    browser.post("/logout")
    deliver()
    claims = verified(listener.tokens[0])[1]
    assert (claims["sub"], claims["sid"]) == (id_token["sub"], id_token["sid"])


def test_nobody_who_signs_out_waits_for_a_client(app: RelyingParty, browser: Browser) -> None:  # H04
    with listening(patience=4) as slow:
        listens(app, slow).tokens(browser)
        began = time.monotonic()
        assert browser.post("/logout").status_code == 302
        assert time.monotonic() - began < 1
        assert slow.forms == []
        deliver()
        assert len(slow.forms) == 1


@pytest.mark.parametrize("status", [200, 204])
def test_a_client_that_took_it_is_told_once(app: RelyingParty, browser: Browser, status: int) -> None:
    with listening(status) as listener:
        listens(app, listener).tokens(browser)
        browser.post("/logout")
        deliver()
        deliver()
        assert len(listener.forms) == 1
    row = LogoutDelivery.objects.get()
    assert (row.attempts, row.last_error) == (1, "")
    assert row.delivered_at is not None
    event = Event.objects.get(name="logout_delivered")
    assert (event.client_id, event.data["attempts"]) == (app.client_id, 1)


@pytest.mark.parametrize("status", [400, 404, 500, 503, 302])
def test_a_client_that_did_not_take_it_is_told_again_with_a_new_token(
    app: RelyingParty, browser: Browser, status: int
) -> None:
    with listening(status, 200) as listener:
        listens(app, listener).tokens(browser)
        browser.post("/logout")
        with pytest.raises(LogoutNotDelivered):
            deliver()
        row = LogoutDelivery.objects.get()
        assert (row.attempts, row.delivered_at) == (1, None)
        assert row.last_error
        deliver()
        first, second = (verified(token)[1] for token in listener.tokens)
        assert first.pop("jti") != second.pop("jti")
        assert {**first, "iat": 0, "exp": 0} == {**second, "iat": 0, "exp": 0}
    row.refresh_from_db()
    assert (row.attempts, row.last_error) == (2, "")
    assert row.delivered_at is not None
    assert not Event.objects.filter(name="logout_failed").exists()


def test_after_eight_attempts_it_is_said_that_the_client_was_not_told(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    with listening(500) as listener:
        listens(app, listener).tokens(browser)
        browser.post("/logout")
        for _ in range(7):
            with pytest.raises(LogoutNotDelivered):
                deliver()
        assert not Event.objects.filter(name="logout_failed").exists()
        with pytest.raises(LogoutNotDelivered):
            deliver()
    event = Event.objects.get(name="logout_failed")
    assert (event.subject_id, event.client_id, event.data["attempts"]) == (str(rose.pk), app.client_id, 8)
    assert "500" in event.data["reason"]


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "http://localhost:{port}/",
    ],
)
def test_an_address_on_the_own_network_is_called_only_when_the_operator_says_so(  # H04, M06
    app: RelyingParty, browser: Browser, listener: Listener, uri: str
) -> None:
    port = listener.url.rsplit(":", 1)[1].split("/")[0]
    listens(app, listener, on_own_network=False).tokens(browser)
    app.row.backchannel_logout_uri = uri.format(port=port)
    app.row.save()
    browser.post("/logout")
    with pytest.raises(LogoutNotDelivered):
        deliver()
    assert listener.forms == []
    # The accepting twin: the same delivery, once the operator ticked the box and the address is the listener's.
    listens(app, listener)
    deliver()
    assert len(listener.forms) == 1


@pytest.mark.parametrize("runs", [7, 8])
def test_a_last_run_that_was_ended_with_its_worker_is_told_too(
    app: RelyingParty, browser: Browser, listener: Listener, runs: int
) -> None:
    listens(app, listener).tokens(browser)
    browser.post("/logout")
    LogoutDelivery.objects.update(attempts=runs)
    for job in Job.objects.filter(task=tasks.deliver_logout.module_path):
        job.status, job.attempts, job.due_at = Job.Status.RUNNING, runs, timezone.now()
        job.save()
        queue.claim()
        job.refresh_from_db()
        is_over = job.status == Job.Status.PARKED
    # Before the last run it is simply run again, and says itself how it went.
    assert is_over is (runs == MAX_ATTEMPTS)
    told = [event.data["attempts"] for event in Event.objects.filter(name="logout_failed")]
    assert told == ([MAX_ATTEMPTS] if is_over else [])


def test_the_worker_tries_as_often_as_the_app_counts() -> None:
    assert policy_of(tasks.deliver_logout.module_path).tries == MAX_ATTEMPTS


def test_who_came_back_in_the_same_browser_is_not_signed_out_by_a_late_delivery(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    with listening(500, 200) as listener:
        listens(app, listener).tokens(browser)
        revoke_consent(user=rose, client=app.row)
        with pytest.raises(LogoutNotDelivered):
            deliver()
        # The same session, and so the same sid, at the same client.
        assert world.claims_of(app.tokens(browser)["id_token"])["sid"] == world.sid_of(browser)
        deliver()
        assert len(listener.forms) == 1
        assert not LogoutDelivery.objects.exists()
        # The end of the new sign-in is told.
        browser.post("/logout")
        deliver()
        assert len(listener.forms) == 2
    assert LogoutDelivery.objects.get().delivered_at is not None


@pytest.mark.parametrize("comes_back", ["not", "in another browser", "as somebody else"])
def test_a_late_delivery_is_made_where_its_member_did_not_come_back(
    app: RelyingParty, browser: Browser, rose: User, comes_back: str
) -> None:
    with listening(500, 200) as listener:
        listens(app, listener).tokens(browser)
        revoke_consent(user=rose, client=app.row)
        with pytest.raises(LogoutNotDelivered):
            deliver()
        if comes_back == "in another browser":
            app.tokens(world.signed_in(rose))
        if comes_back == "as somebody else":
            open_client_session(user=world.member("bob"), client=app.row, sid=world.sid_of(browser))
        deliver()
        assert len(listener.forms) == 2


def test_a_redirect_is_not_followed(app: RelyingParty, browser: Browser) -> None:  # H04
    with listening(302) as listener:
        listens(app, listener).tokens(browser)
        browser.post("/logout")
        with pytest.raises(LogoutNotDelivered):
            deliver()
        assert len(listener.forms) == 1


def test_what_is_to_be_told_goes_with_its_client(app: RelyingParty, browser: Browser, listener: Listener) -> None:
    listens(app, listener).tokens(browser)
    browser.post("/logout")
    app.row.backchannel_logout_uri = ""
    app.row.save()
    deliver()
    app.row.delete()
    deliver()
    assert listener.forms == []


def test_a_logout_token_is_nothing_else(app: RelyingParty, browser: Browser, rose: User) -> None:  # G05
    tokens = app.tokens(browser)
    token = sign_logout_token(client_id=app.client_id, sub=str(rose.pk), sid=world.sid_of(browser))
    assert userinfo(token).status_code == 401
    assert userinfo(tokens["access_token"]).status_code == 200
    assert app.refresh(token).status_code == 400
    assert app.redeem(token).status_code == 400
    with pytest.raises(HintRefused):
        read_hint(token, allow_expired=True)
    assert read_hint(tokens["id_token"]).sid == world.sid_of(browser)
    page = browser.get("/api/oidc/end-session", {"id_token_hint": token})
    assert page.status_code == 200
    assert browser.get("/account/").status_code == 200


def test_a_delivery_after_a_rotation_is_signed_by_a_published_key(
    app: RelyingParty, browser: Browser, listener: Listener, settings: Any
) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(0)
    listens(app, listener).tokens(browser)
    browser.post("/logout")
    rotation.rotate(at_once=True)
    deliver()
    assert verified(listener.tokens[0])[1]["aud"] == app.client_id


def test_a_delivery_is_written_with_the_end_of_the_session(app: RelyingParty, browser: Browser) -> None:
    app.row.backchannel_logout_uri = "https://app.example.org/logout"
    app.row.save()
    app.tokens(browser)
    assert not Job.objects.exists()
    browser.post("/logout")
    row, job = LogoutDelivery.objects.get(), Job.objects.get(task=tasks.deliver_logout.module_path)
    assert job.arguments["args"] == [str(row.pk)]
    assert row.created_at <= timezone.now()
