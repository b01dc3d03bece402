"""What a request may say about whom it wants and what: hints, claims, acr, languages, display."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from oidc_clients.models import Consent, Grant, Interaction
from tests.support.oidc_protocol.factories import (
    answer_of,
    ask,
    browser,
    consent_to,
    goes_on_to,
    make_client,
    make_member,
    redeem,
    refresh,
    sign_in,
    signed_in,
    tokens_for,
    userinfo,
    verified_claims,
)

pytestmark = pytest.mark.django_db


def page_of(found: Any, client: Any, **changes: str | None) -> Any:
    response = ask(found, client, **changes)
    assert response.status_code == 303, response.headers
    return found.get(f"/authorize?interaction={Interaction.objects.latest('expires_at').pk}")


def consent_now(found: Any) -> dict[str, str]:
    return answer_of(found.post(f"/authorize/{Interaction.objects.latest('expires_at').pk}/consent"))


# A05: the redirect URI is valid here; the error still goes to it and nowhere else.
@pytest.mark.parametrize(
    "value",
    [
        *("{", "[]", "1", '"x"', "null", "true", "NaN", "{'id_token': {}}"),
        *('{"id_token": []}', '{"id_token": null}', '{"userinfo": "email"}', '{"id_token": {"email": true}}'),
        *('{"id_token": {"email": []}}', '{"id_token": {"email": {"essential": "yes"}}}'),
        *('{"id_token": {"acr": {"values": "phr"}}}', '{"id_token": {}, "id_token": {}}'),
        *('{"id_token": {"acr": {"value": NaN}}}', '{"id_token": {"email": null, "email": null}}'),
        "[" * 8000,
        '{"a":' * 1300 + "1" + "}" * 1300,
        '{"id_token": {"acr": {"value": ' + "9" * 6000 + "}}}",
    ],
)
def test_a_claims_request_that_cannot_be_read_is_refused(value: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    answer = answer_of(ask(signed_in(member), client, claims=value))
    assert answer["error"] == "invalid_request"
    assert "claims" in answer["error_description"]
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("{}", None),
        ('{"userinfo": {}}', None),
        ('{"other": 1, "id_token": {"unknown": null, "http://x.test/y": {"essential": true}}}', None),
        ('{"id_token": {"email": null}}', {"id_token": {"email": {"essential": False}}, "userinfo": {}}),
        (
            '{"userinfo": {"name": {"essential": true}}, "id_token": {"auth_time": {"essential": true}}}',
            {"id_token": {"auth_time": {"essential": True}}, "userinfo": {"name": {"essential": True}}},
        ),
        (
            '{"id_token": {"email": {"value": "a\\u0000b", "essential": false}}}',
            {"id_token": {"email": {"essential": False}}, "userinfo": {}},
        ),
    ],
)
def test_a_claims_request_is_kept_with_the_code(value: str, kept: Any) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    assert answer_of(ask(signed_in(member), client, claims=value))["code"]
    assert Grant.objects.get().claims == kept


# A15
def test_claims_that_no_scope_opens_are_shown_and_agreed_to_one_by_one() -> None:
    client, member = make_client(), make_member()
    consent_to(member, client, "openid")
    found = signed_in(member)
    claims = json.dumps({"userinfo": {"email": {"essential": True}, "given_name": None}, "id_token": {"acr": None}})
    assert answer_of(ask(found, client, scope="openid", claims=claims, prompt="none"))["error"] == "consent_required"
    page = page_of(found, client, scope="openid", claims=claims).content.decode()
    assert "Your email address" in page
    assert "Your first name" in page
    assert "Your last name" not in page
    assert page.count(">New<") == 2
    assert consent_now(found)["code"]
    assert Consent.objects.get().scopes == ["openid", "claim:email", "claim:given_name"]
    # The same again is one redirect away; the scope, which opens more, is not.
    assert answer_of(ask(found, client, scope="openid", claims=claims))["code"]
    assert answer_of(ask(found, client, scope="openid", claims=claims, prompt="none"))["code"]
    assert answer_of(ask(found, client, scope="openid email", prompt="none"))["error"] == "consent_required"
    # Who agreed to the scope has agreed to each of its claims.
    Consent.objects.update(scopes=["openid", "email", "profile"])
    assert answer_of(ask(found, client, scope="openid", claims=claims))["code"]


# A15
def test_wider_scopes_are_marked_as_new_and_a_first_request_marks_nothing() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    first = page_of(found, client, scope="openid email").content.decode()
    assert "New" not in first
    assert consent_now(found)["code"]
    wider = page_of(found, client, scope="openid email groups offline_access").content.decode()
    assert "asks for more than you agreed to before" in wider
    assert "<li>Your email address</li>" in wider
    assert 'The groups you belong to <span class="badge">New</span>' in wider
    assert 'stays connected after you sign out. <span class="badge">New</span>' in wider
    again = page_of(found, client, scope="openid email", prompt="consent").content.decode()
    assert "New" not in again
    assert consent_now(found)["code"]


# A15
def test_a_revoked_consent_asks_again() -> None:
    client, member = make_client(), make_member()
    consent_to(member, client)
    found = signed_in(member)
    assert answer_of(ask(found, client))["code"]
    Consent.objects.all().delete()
    assert ask(found, client).status_code == 303
    assert answer_of(ask(found, client, prompt="none"))["error"] == "consent_required"


def test_the_hint_of_who_is_signed_in_is_met() -> None:
    client, member = make_client(), make_member()
    hint = tokens_for(member, client)["id_token"]
    found = signed_in(member)
    assert answer_of(ask(found, client, id_token_hint=hint, prompt="none"))["code"]
    assert answer_of(ask(found, client, id_token_hint=hint))["code"]


def test_the_hint_of_somebody_else_is_refused_silently_and_asks_for_them_otherwise() -> None:
    client, member, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    hint = tokens_for(colleague, client)["id_token"]
    found = signed_in(member)
    silent = answer_of(ask(found, client, id_token_hint=hint, prompt="none"))
    assert silent["error"] == "login_required"
    assert str(member.pk) not in str(silent)
    page = page_of(found, client, id_token_hint=hint)
    interaction = Interaction.objects.latest("expires_at")
    assert b"asked for a different account than owner" in page.content
    assert b"Use another account" in page.content
    assert b"Continue as" not in page.content
    # No button of the page, and no new sign-in of the same member, gets round it.
    found.post(f"/authorize/{interaction.pk}/account/keep")
    found.post(f"/authorize/{interaction.pk}/consent")
    sign_in(found, member)
    assert found.get(f"/authorize?interaction={interaction.pk}").status_code == 200
    assert not Grant.objects.filter(user=member).exists()
    switched = found.post(f"/authorize/{interaction.pk}/account/switch")
    assert goes_on_to(switched).startswith("/login?next=")
    sign_in(found, colleague)
    assert answer_of(found.get(f"/authorize?interaction={interaction.pk}"))["code"]
    # Nobody signed in: the sign-in comes first.
    assert ask(browser(), client, id_token_hint=hint).headers["Location"].startswith("/login?next=")
    assert answer_of(ask(browser(), client, id_token_hint=hint, prompt="none"))["error"] == "login_required"


# G05, G07
@pytest.mark.parametrize("kind", ["garbage", "none", "cut", "forged", "access token", "another client's", "huge"])
def test_what_is_no_id_token_of_ours_for_this_client_is_no_hint(kind: str) -> None:
    client, other, member = make_client(skip_authorization=True), make_client("other"), make_member()
    tokens, found = tokens_for(member, client), signed_in(member)
    header, claims, signature = tokens["id_token"].split(".")
    hint = {
        "garbage": "x.y.z",
        "none": f"eyJhbGciOiJub25lIn0.{claims}.",
        "cut": tokens["id_token"][:-4],
        "forged": f"{header}.{claims[:-2]}xx.{signature}",
        "access token": tokens["access_token"],
        "another client's": tokens_for(member, other)["id_token"],
        "huge": f"{header}.{'a' * 8000}.{signature}",
    }[kind]
    answer = answer_of(ask(found, client, id_token_hint=hint, prompt="none"))
    assert answer["error"] == "invalid_request"
    assert hint not in answer["error_description"]
    assert answer_of(ask(found, client, id_token_hint=tokens["id_token"], prompt="none"))["code"]


# H02
def test_an_expired_hint_is_refused(settings: Any) -> None:
    client, member = make_client(), make_member()
    settings.HEARTHKEY_OIDC_CLIENTS_ID_TOKEN_LIFETIME = timedelta(seconds=-1)
    hint = tokens_for(member, client)["id_token"]
    assert answer_of(ask(signed_in(member), client, id_token_hint=hint))["error"] == "invalid_request"


@pytest.mark.parametrize("section", ["id_token", "userinfo"])
def test_a_sub_that_the_claims_request_names_must_be_the_members(section: str) -> None:
    client, member, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(member)
    mine = json.dumps({section: {"sub": {"value": str(member.pk)}}})
    theirs = json.dumps({section: {"sub": {"value": str(colleague.pk)}}})
    assert answer_of(ask(found, client, claims=theirs, prompt="none"))["error"] == "login_required"
    assert b"Use another account" in page_of(found, client, claims=theirs).content
    assert answer_of(ask(found, client, claims=mine, prompt="none"))["code"]
    assert answer_of(ask(found, client, claims=json.dumps({section: {"sub": None}})))["code"]
    hint = tokens_for(member, client)["id_token"]
    assert answer_of(ask(found, client, claims=theirs, id_token_hint=hint))["error"] == "invalid_request"
    assert answer_of(ask(found, client, claims=mine, id_token_hint=hint))["code"]


def acr_claims(*values: str, essential: bool = True) -> str:
    return json.dumps({"id_token": {"acr": {"essential": essential, "values": list(values)}}})


@pytest.mark.parametrize(
    ("method", "changes", "acr"),
    [
        ("passkey", {"acr_values": "phr"}, "phr"),
        ("passkey", {"acr_values": "0 phr"}, "phr"),
        ("passkey", {"acr_values": "0"}, "0"),
        ("passkey", {"acr_values": "urn:unknown"}, "phr"),
        ("code", {"acr_values": "phr"}, "0"),
        ("code", {"claims": acr_claims("phr", essential=False)}, "0"),
        ("code", {"claims": acr_claims("0", "phr")}, "0"),
        ("passkey", {"claims": acr_claims("phr")}, "phr"),
        ("passkey", {"claims": acr_claims("0")}, "0"),
        ("passkey", {"claims": '{"id_token": {"acr": {"essential": true}}}'}, "phr"),
        ("passkey", {"claims": '{"id_token": {"acr": {"essential": true, "value": "phr"}}}'}, "phr"),
    ],
)
def test_the_acr_is_one_of_those_asked_for_where_that_can_be(method: str, changes: dict[str, str], acr: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    code = answer_of(ask(signed_in(member, method=method), client, **changes))["code"]
    assert verified_claims(redeem(client, code).json()["id_token"])["acr"] == acr


# A17
def test_an_essential_acr_is_met_or_the_sign_in_failed() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    by_code = signed_in(member, method="code")
    step_up = page_of(by_code, client, claims=acr_claims("phr"))
    assert step_up.headers["Location"].startswith("/login?next=")
    interaction = Interaction.objects.latest("expires_at")
    assert answer_of(ask(by_code, client, claims=acr_claims("phr"), prompt="none"))["error"] == "login_required"
    sign_in(by_code, member)
    assert answer_of(by_code.get(f"/authorize?interaction={interaction.pk}"))["code"]
    for prompt in (None, "none"):
        impossible = answer_of(ask(signed_in(member), client, claims=acr_claims("urn:gold"), prompt=prompt))
        assert impossible["error"] == "unmet_authentication_requirements"
    voluntary = ask(signed_in(member), client, claims=acr_claims("urn:gold", essential=False))
    assert answer_of(voluntary)["code"]


def test_auth_time_is_there_when_it_is_essential() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    at = int(time.time()) - 40
    code = answer_of(ask(signed_in(member, at=at), client, claims='{"id_token": {"auth_time": {"essential": true}}}'))[
        "code"
    ]
    assert verified_claims(redeem(client, code).json()["id_token"])["auth_time"] == at


@pytest.mark.parametrize("hint", ["owner", "nobody", "owner@example.test", '"><script>', "x" * 8000])
def test_a_login_hint_and_a_display_tell_and_change_nothing(hint: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    stranger = browser()
    without = ask(browser(), client).headers["Location"].partition("interaction")[0]
    response = ask(stranger, client, login_hint=hint, display="popup")
    assert response.headers["Location"].partition("interaction")[0] == without
    assert hint not in str(list(Interaction.objects.values("parameters")))
    assert answer_of(ask(signed_in(member), client, login_hint=hint, display="nonsense"))["code"]


# A site with more languages than the project has texts for.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]


@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [
        ("de", "de"),
        ("xx de-AT fr", "de"),
        ("fr-CA", "fr"),
        ("xx", "en"),
        ("../../etc en", "en"),
        ("x" * 5000, "en"),
        (None, "en"),
    ],
)
def test_pages_are_in_the_language_that_was_asked_for(ui_locales: str | None, language: str, settings: Any) -> None:
    settings.LANGUAGES = LANGUAGES
    client, member = make_client(), make_member()
    found = signed_in(member)
    page = page_of(found, client, ui_locales=ui_locales)
    assert f'<html lang="{language}"' in page.content.decode()
    assert page.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in found.get(page.request["PATH_INFO"], page.wsgi_request.GET).content.decode()
    # The next request says nothing, and the page is in the site's own language again.
    assert '<html lang="en"' in page_of(signed_in(member), client).content.decode()


def test_the_sites_own_pages_follow_unless_the_person_chose_a_language(settings: Any) -> None:
    settings.LANGUAGES = LANGUAGES
    client = make_client()
    name = settings.LANGUAGE_COOKIE_NAME
    assert ask(browser(), client, ui_locales="de").cookies[name].value == "de"
    assert name not in ask(browser(), client, ui_locales="xx").cookies
    chosen = browser()
    chosen.cookies[name] = "fr"
    assert name not in ask(chosen, client, ui_locales="de").cookies


def test_a_refresh_for_fewer_scopes_opens_less_by_name_too_and_the_next_one_all_again() -> None:
    client, member = make_client(), make_member()
    asked = json.dumps({"id_token": {"email": None}, "userinfo": {"email": None, "given_name": None}})
    consent_to(member, client, "openid", "email", "claim:given_name")
    tokens = tokens_for(member, client, scope="openid email", claims=asked)
    assert {"email", "given_name"} <= set(userinfo(tokens["access_token"]).json())
    fewer = refresh(client, tokens["refresh_token"], scope="openid").json()
    # The first name was asked for by name alone: no scope was left out that had it.
    assert set(userinfo(fewer["access_token"]).json()) == {"sub", "given_name"}
    assert "email" not in verified_claims(fewer["id_token"])
    whole = refresh(client, fewer["refresh_token"]).json()
    assert {"email", "given_name"} <= set(userinfo(whole["access_token"]).json())
    assert verified_claims(whole["id_token"])["email"] == member.email
