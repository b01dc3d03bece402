"""A client sends somebody to sign out (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.http import HttpRequest
from django.test import Client as Browser
from jwcrypto import jwk

from accounts.models import User
from config.wiring.adapters import authentication
from oidc_clients.adapters import Authentication
from oidc_clients.models import Client, LogoutDelivery, SigningKey
from oidc_clients.protocol.claims import MemberClaims
from oidc_clients.services import keys, rotation
from tests.support import jwt_mutations
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import FORM, RelyingParty

pytestmark = pytest.mark.django_db
END = "/api/oidc/end-session"
BACK = "https://app.example.org/signed-out"


@pytest.fixture
def app(rose: User) -> RelyingParty:
    return world.register(post_logout_redirect_uris=[BACK, f"{BACK}?from=id", "app.example:/signed-out"])


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/").status_code == 200


def ask(browser: Browser, **parameters: str) -> Any:
    return browser.get(END, parameters)


def press(browser: Browser, page: Any) -> Any:
    """Press *Sign out* on the confirmation page."""
    assert page.status_code == 200
    text = page.content.decode()
    kept = text.split('name="request" value="')[1].split('"')[0]
    fields = {"request": kept}
    if 'name="csrfmiddlewaretoken" value="' in text:
        fields["csrfmiddlewaretoken"] = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    return browser.post(f"{END}/confirm", fields, headers={"origin": "http://localhost:1411"})


def test_discovery_names_it(app: RelyingParty) -> None:
    found = Browser().get("/.well-known/openid-configuration").json()
    assert found["end_session_endpoint"] == f"{found['issuer']}{END}"


def test_the_hint_of_this_very_session_signs_out_at_once_and_leads_back(app: RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser, scope="openid")
    answer = ask(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state="a state & more")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{BACK}?{urlencode({'state': 'a state & more'})}"
    assert not is_signed_in(browser)
    assert app.refresh(tokens["refresh_token"]).status_code == 400


def test_without_a_state_and_with_a_query_the_address_stays_as_registered(app: RelyingParty, browser: Browser) -> None:
    hint = app.tokens(browser)["id_token"]
    answer = ask(browser, id_token_hint=hint, post_logout_redirect_uri=f"{BACK}?from=id")
    assert answer.headers["Location"] == f"{BACK}?from=id"
    again = ask(browser, id_token_hint=hint, post_logout_redirect_uri=f"{BACK}?from=id", state="s")
    assert again.headers["Location"] == f"{BACK}?from=id&state=s"


def test_a_second_time_changes_nothing_and_leads_back_the_same_way(app: RelyingParty, browser: Browser) -> None:
    asked = {"id_token_hint": app.tokens(browser)["id_token"], "post_logout_redirect_uri": BACK, "state": "s"}
    first, second = ask(browser, **asked), ask(browser, **asked)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]


def test_without_an_address_to_go_back_to_a_page_says_that_it_is_done(app: RelyingParty, browser: Browser) -> None:
    answer = ask(browser, id_token_hint=app.tokens(browser)["id_token"])
    assert answer.status_code == 200
    assert "You're signed out" in answer.content.decode()
    assert not is_signed_in(browser)


@pytest.mark.parametrize("parameters", [{}, {"logout_hint": "rose"}, {"state": "s"}, {"ui_locales": "de xx"}])
def test_without_a_hint_the_person_is_asked(  # H01
    app: RelyingParty, rose: User, parameters: dict[str, str]
) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = world.signed_in(rose).cookies
    page = ask(browser, **parameters)
    assert "Sign out?" in page.content.decode()
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert is_signed_in(browser)
    kept = page.content.decode().split('name="request" value="')[1].split('"')[0]
    forged = Browser(enforce_csrf_checks=True)
    forged.cookies = world.signed_in(rose).cookies
    assert forged.post(f"{END}/confirm", {"request": kept}).status_code == 403
    assert is_signed_in(forged)
    assert "You're signed out" in press(browser, page).content.decode()
    assert not is_signed_in(browser)


def test_who_confirms_goes_back_to_the_client_by_a_page_and_no_redirect(app: RelyingParty, browser: Browser) -> None:
    page = ask(browser, client_id=app.client_id, post_logout_redirect_uri=BACK, state="s")
    assert app.row.name in page.content.decode()
    assert is_signed_in(browser)
    done = press(browser, page)
    assert done.status_code == 200
    assert world.address_of(done) == f"{BACK}?state=s"
    assert "form-action 'none'" in done.headers["Content-Security-Policy"]
    assert not is_signed_in(browser)


def test_a_hint_of_another_session_asks_and_revokes_nothing(  # H02
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    elsewhere = world.signed_in(rose)
    theirs = app.tokens(elsewhere, scope="openid")
    mine = app.tokens(browser, scope="openid")
    page = ask(browser, id_token_hint=theirs["id_token"], post_logout_redirect_uri=BACK)
    assert "Sign out?" in page.content.decode()
    assert is_signed_in(browser)
    assert is_signed_in(elsewhere)
    mine = app.refresh(mine["refresh_token"]).json()
    theirs = app.refresh(theirs["refresh_token"]).json()
    # Who confirms signs this browser out, and the one that the hint names; any other stays.
    third = world.signed_in(rose)
    assert world.address_of(press(browser, page)) == BACK
    assert not is_signed_in(browser)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(third)
    assert app.refresh(mine["refresh_token"]).status_code == 400
    assert app.refresh(theirs["refresh_token"]).status_code == 400


def pairwise(user: User, *, scopes: frozenset[str]) -> MemberClaims:
    return MemberClaims(sub=f"not the key but {user.username}", name=user.username)


def named_otherwise(request: HttpRequest) -> Authentication:
    return replace(authentication(request), sid=f"s-{request.session['hearthkey_auth']['at']}")


@pytest.mark.parametrize("is_the_same", [True, False])
def test_a_hint_is_compared_with_what_the_site_says_to_clients(
    app: RelyingParty, rose: User, settings: Any, is_the_same: bool
) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_CLAIMS = f"{__name__}.pairwise"
    settings.HEARTHKEY_OIDC_CLIENTS_AUTHENTICATION = f"{__name__}.named_otherwise"
    settings.HEARTHKEY_OIDC_CLIENTS_HOLD_SESSION = "oidc_clients.adapters.hold_session"
    browser = world.signed_in(rose, age=10)
    tokens = app.tokens(browser, scope="openid")
    assert world.claims_of(tokens["id_token"])["sub"] == "not the key but rose"
    asks = browser if is_the_same else world.signed_in(rose, age=20)
    answer = ask(asks, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK)
    assert (answer.status_code == 302) is is_the_same
    assert is_signed_in(asks) is not is_the_same
    assert (app.refresh(tokens["refresh_token"]).status_code == 400) is is_the_same


def test_a_hint_of_another_member_asks_and_never_touches_what_is_theirs(app: RelyingParty, browser: Browser) -> None:
    bob = world.signed_in(world.member("bob"))
    theirs = app.tokens(bob, scope="openid")
    page = ask(browser, id_token_hint=theirs["id_token"], post_logout_redirect_uri=BACK)
    assert is_signed_in(browser)
    press(browser, page)
    assert not is_signed_in(browser)
    assert is_signed_in(bob)
    assert app.refresh(theirs["refresh_token"]).status_code == 200


def test_where_nobody_is_signed_in_it_only_leads_back(app: RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser, scope="openid")
    stranger = Browser()
    answer = ask(stranger, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state="s")
    assert answer.headers["Location"] == f"{BACK}?state=s"
    assert ask(stranger, client_id=app.client_id, post_logout_redirect_uri=BACK).headers["Location"] == BACK
    assert "You're signed out" in ask(stranger, id_token_hint=tokens["id_token"]).content.decode()
    # Nothing was revoked, and whoever is signed in elsewhere still is.
    assert is_signed_in(browser)
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert not LogoutDelivery.objects.exists()


WRONG_URIS = [
    f"{BACK}/",
    f"{BACK}?",
    f"{BACK}?x=1",
    f"{BACK}#fragment",
    BACK.upper(),
    BACK.replace("https", "http"),
    BACK.replace("signed-out", "signed-out/.."),
    BACK.replace("app.example.org", "app.example.org.evil.example"),
    BACK.replace("app.example.org", "app.example.org@evil.example"),
    BACK.replace("app.example.org", "app.example.org:8443"),
    BACK.replace("app.example.org", "appXexample.org"),
    "https://evil.example/",
    "//evil.example/",
    "/",
    "javascript:alert(1)",
    "data:text/html,hello",
    world.CALLBACK,
    "app.example:///signed-out",
]


@pytest.mark.parametrize("uri", WRONG_URIS)
@pytest.mark.parametrize("known_by", ["id_token_hint", "client_id"])
def test_an_address_that_is_not_registered_ends_on_a_page_and_changes_nothing(  # H02, A01
    app: RelyingParty, browser: Browser, uri: str, known_by: str
) -> None:
    tokens = app.tokens(browser, scope="openid")
    known = tokens["id_token"] if known_by == "id_token_hint" else app.client_id
    answer = ask(browser, **{known_by: known, "post_logout_redirect_uri": uri, "state": "s"})
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "http-equiv" not in answer.content.decode()
    assert is_signed_in(browser)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("uri", [BACK, "app.example:/signed-out"])
def test_an_address_that_is_registered_is_gone_to(app: RelyingParty, browser: Browser, uri: str) -> None:
    answer = ask(browser, id_token_hint=app.tokens(browser)["id_token"], post_logout_redirect_uri=uri)
    assert (answer.status_code, answer.headers["Location"]) == (302, uri)


def test_the_address_must_be_of_the_hints_client(app: RelyingParty, browser: Browser) -> None:
    other = world.register("Other", post_logout_redirect_uris=["https://other.example.org/"])
    hint = app.tokens(browser)["id_token"]
    assert ask(browser, id_token_hint=hint, post_logout_redirect_uri="https://other.example.org/").status_code == 400
    mixed = {"id_token_hint": hint, "client_id": other.client_id, "post_logout_redirect_uri": BACK}
    assert ask(browser, **mixed).status_code == 400
    assert is_signed_in(browser)
    assert ask(browser, **{**mixed, "client_id": app.client_id}).headers["Location"] == BACK


def test_nobody_knows_where_to_go_back_to_without_a_client(app: RelyingParty, browser: Browser) -> None:
    page = ask(browser, post_logout_redirect_uri=BACK)
    assert is_signed_in(browser)
    done = press(browser, page)
    assert "You're signed out" in done.content.decode()
    assert BACK not in done.content.decode()
    assert "You're signed out" in ask(browser, post_logout_redirect_uri=BACK).content.decode()


@pytest.mark.parametrize("hint", [None, "", "a.b.c", "of another key"])
def test_a_hint_that_proves_nothing_is_as_none_to_a_client_that_names_itself(
    app: RelyingParty, browser: Browser, hint: str | None
) -> None:
    asked = {"client_id": app.client_id, "post_logout_redirect_uri": BACK, "state": "s"}
    if hint is not None:
        asked["id_token_hint"] = hint
    if hint == "of another key":
        asked["id_token_hint"] = app.tokens(browser)["id_token"]
        rotation.drop_key(kid=keys.signing_key().kid)
    # With no session: just the redirect, to a registered address only.
    assert ask(Browser(), **asked).headers["Location"] == f"{BACK}?state=s"
    assert ask(Browser(), **{**asked, "post_logout_redirect_uri": "https://evil.example/"}).status_code == 400
    # With a session: the person decides.
    page = ask(browser, **asked)
    assert is_signed_in(browser)
    assert world.address_of(press(browser, page)) == f"{BACK}?state=s"
    assert not is_signed_in(browser)


def test_a_client_that_does_not_exist_has_no_address(app: RelyingParty, browser: Browser) -> None:
    assert ask(browser, client_id="nobody", post_logout_redirect_uri=BACK).status_code == 400
    hint = app.tokens(browser)["id_token"]
    Client.objects.filter(pk=app.row.pk).delete()
    assert ask(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).status_code == 400
    assert is_signed_in(browser)


def test_an_expired_hint_is_good_enough(  # H02
    app: RelyingParty, browser: Browser, settings: Any
) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_ID_TOKEN_LIFETIME = timedelta(seconds=-60)
    hint = app.tokens(browser)["id_token"]
    answer = ask(browser, id_token_hint=hint, post_logout_redirect_uri=BACK)
    assert answer.headers["Location"] == BACK
    assert not is_signed_in(browser)


def test_a_hint_of_a_retired_key_is_good_enough_and_one_of_a_dropped_key_is_not(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    hint = app.tokens(browser)["id_token"]
    SigningKey.objects.update(state=SigningKey.State.RETIRED)
    keys.forget_key_state()
    assert ask(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).headers["Location"] == BACK
    browser = world.signed_in(rose)
    hint = app.tokens(browser)["id_token"]
    rotation.drop_key(kid=keys.signing_key().kid)
    assert ask(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).status_code == 400
    assert is_signed_in(browser)
    assert "Sign out?" in ask(browser, id_token_hint=hint).content.decode()


def test_a_form_of_another_site_works_although_it_brings_no_cookie(app: RelyingParty, browser: Browser) -> None:
    hint = app.tokens(browser)["id_token"]
    asked = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"})
    without_cookie = Browser(enforce_csrf_checks=True)
    answer = without_cookie.post(END, asked, content_type=FORM, headers={"origin": "https://app.example.org"})
    assert answer.status_code == 303
    target = answer.headers["Location"]
    # Addresses end up in histories and logs; the ID token is in none.
    assert hint.split(".")[1] not in target
    assert is_signed_in(browser)
    done = browser.get(target)
    assert (done.status_code, done.headers["Location"]) == (302, f"{BACK}?state=s")
    assert not is_signed_in(browser)


def test_a_form_that_brings_the_cookie_goes_on_by_a_page(app: RelyingParty, browser: Browser) -> None:
    hint = app.tokens(browser)["id_token"]
    answer = browser.post(END, urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BACK}), content_type=FORM)
    assert answer.status_code == 200
    assert world.address_of(answer) == BACK
    assert not is_signed_in(browser)


def test_what_is_kept_on_the_way_can_not_be_made_up_and_does_not_keep(
    app: RelyingParty, browser: Browser, settings: Any
) -> None:
    hint = app.tokens(browser)["id_token"]
    asked = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": BACK})
    target = Browser().post(END, asked, content_type=FORM).headers["Location"]
    kept = parse_qs(urlsplit(target).query)["request"][0]
    assert browser.get(END, {"request": f"{kept[:-1]}{'A' if kept[-1] != 'A' else 'B'}"}).status_code == 400
    assert browser.get(END, {"request": ""}).status_code == 400
    settings.HEARTHKEY_OIDC_CLIENTS_INTERACTION_LIFETIME = timedelta(seconds=-1)
    assert browser.get(END, {"request": kept}).status_code == 400
    settings.HEARTHKEY_OIDC_CLIENTS_INTERACTION_LIFETIME = timedelta(minutes=15)
    app.row.post_logout_redirect_uris = []
    app.row.save()
    assert browser.get(END, {"request": kept}).status_code == 400
    assert is_signed_in(browser)
    app.row.post_logout_redirect_uris = [BACK]
    app.row.save()
    assert browser.get(END, {"request": kept}).headers["Location"] == BACK


@pytest.mark.parametrize(
    "query",
    [
        "state=a&state=b",
        "id_token_hint=a&id_token_hint=b",
        "state=a%00b",
        "state=a%0d%0aSet-Cookie:b",
        "post_logout_redirect_uri=https://app.example.org/%0a",
        f"id_token_hint={'A' * 1_000_000}",
        f"state={'A' * 9000}",
    ],
)
def test_what_can_not_be_read_is_refused_fast_and_changes_nothing(  # G08
    app: RelyingParty, browser: Browser, query: str
) -> None:
    began = time.monotonic()
    answer = browser.post(END, query, content_type=FORM)
    assert time.monotonic() - began < 0.5
    assert answer.status_code == 400
    assert is_signed_in(browser)


@pytest.mark.parametrize("method", ["head", "options", "put", "delete", "patch"])
def test_no_other_method_signs_anybody_out(app: RelyingParty, browser: Browser, method: str) -> None:
    hint = app.tokens(browser)["id_token"]
    answer = getattr(browser, method)(f"{END}?{urlencode({'id_token_hint': hint})}")
    assert answer.status_code == 405
    assert browser.get(f"{END}/confirm").status_code == 405
    assert is_signed_in(browser)


def test_every_forged_hint_proves_nothing(app: RelyingParty, browser: Browser) -> None:  # G07, G08, H02
    claims = world.claims_of(app.tokens(browser)["id_token"])
    keys.signing_key()
    private = jwk.JWK.from_pyca(keys.signing_key().private_key)
    key = jwk.JWK(**{**private.export_private(as_dict=True), "kid": keys.signing_key().kid})
    genuine = jwt_mutations.Genuine(claims=claims, key=key)
    spoiled = [*jwt_mutations.forgeries(genuine), *jwt_mutations.other_types(genuine)]
    assert len(spoiled) > 40
    for name, token in spoiled:
        answer = browser.post(END, urlencode({"id_token_hint": token, "post_logout_redirect_uri": BACK}), FORM)
        assert answer.status_code in (200, 400), name
        assert BACK not in answer.content.decode(), name
        assert is_signed_in(browser), name
    for changes in ({"iss": "https://evil.example"}, {"sub": "somebody"}, {"sid": "another"}, {"aud": [app.client_id]}):
        answer = ask(browser, id_token_hint=genuine.with_claims(**changes))
        assert answer.status_code == 200, changes
        assert is_signed_in(browser), changes
    answer = ask(browser, id_token_hint=genuine.signed(), post_logout_redirect_uri=BACK)
    assert answer.headers["Location"] == BACK
    assert not is_signed_in(browser)
