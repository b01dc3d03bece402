"""Pushed authorization requests (RFC 9126)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from oidc_clients.models import Client, Grant, Interaction, PushedRequest
from tests.oidc_protocol.test_races import at_once
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    SECRET,
    answer_of,
    ask,
    basic,
    browser,
    make_client,
    make_member,
    post_form,
    redeem,
    request_for,
    signed_in,
)

pytestmark = pytest.mark.django_db

PAR = "/api/oidc/par"


def push(client: Client, *, secret: str | None = SECRET, **changes: str | None) -> Any:
    headers = {} if secret is None else {"authorization": basic(client.client_id, secret)}
    return post_form(PAR, request_for(client, **changes), headers)


def pushed(client: Client, *, secret: str | None = SECRET, **changes: str | None) -> str:
    response = push(client, secret=secret, **changes)
    assert response.status_code == 201, response.content
    found: str = response.json()["request_uri"]
    return found


def use(found: Any, client: Client, request_uri: str, **extra: str) -> Any:
    return found.get("/authorize", {"client_id": client.client_id, "request_uri": request_uri, **extra})


# E01
def test_a_push_answers_with_an_unguessable_address_for_ninety_seconds() -> None:
    client = make_client()
    response = push(client)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    body = response.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["expires_in"] == 90
    prefix, _, value = body["request_uri"].rpartition(":")
    assert prefix == "urn:ietf:params:oauth:request_uri"
    assert len(value) >= 43
    assert len({pushed(client) for _ in range(50)}) == 50
    row = PushedRequest.objects.latest("expires_at")
    assert timedelta(seconds=80) < row.expires_at - timezone.now() <= timedelta(seconds=90)
    assert value not in str(list(PushedRequest.objects.values()))
    assert SECRET not in str(list(PushedRequest.objects.values()))


# E02
def test_a_pushed_request_is_used_once_and_only_what_was_pushed_counts() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found, request_uri = signed_in(member), pushed(client, state="pushed", scope="openid")
    answer = answer_of(
        use(found, client, request_uri, state="added", scope="openid email", redirect_uri="https://x.test/")
    )
    assert answer["state"] == "pushed"
    assert redeem(client, answer["code"]).json()["scope"] == "openid"
    again = use(found, client, request_uri)
    assert again.status_code == 400
    assert "Location" not in again.headers
    assert Grant.objects.count() == 1
    assert answer_of(use(found, client, pushed(client)))["code"]


# E02
def test_another_clients_request_is_refused_and_stays_usable() -> None:
    client, other, member = make_client(skip_authorization=True), make_client("other"), make_member()
    found, request_uri = signed_in(member), pushed(client)
    assert use(found, other, request_uri).status_code == 400
    assert use(found, client, request_uri + "x").status_code == 400
    assert use(found, client, request_uri[:-1]).status_code == 400
    assert answer_of(use(found, client, request_uri))["code"]


# E02, V21
def test_an_expired_request_is_refused_and_a_moment_before_it_is_not() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found, request_uri = signed_in(member), pushed(client)
    PushedRequest.objects.update(expires_at=timezone.now())
    assert use(found, client, request_uri).status_code == 400
    PushedRequest.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    assert answer_of(use(found, client, request_uri))["code"]


# E02
@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_uses_one_wins() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    request_uri = pushed(client)
    found = [signed_in(member) for _ in range(10)]
    responses = at_once([lambda: use(found.pop(), client, request_uri)] * 10)
    assert sorted(response.status_code for response in responses) == [302] + [400] * 9
    assert Grant.objects.count() == 1


# E02
def test_a_request_that_waits_for_its_person_is_used_and_goes_on_in_its_browser() -> None:
    client, member = make_client(), make_member()
    found, request_uri = signed_in(member), pushed(client)
    assert use(found, client, request_uri).status_code == 303
    assert use(signed_in(member), client, request_uri).status_code == 400
    assert answer_of(found.post(f"/authorize/{Interaction.objects.get().pk}/consent"))["code"]


# E03
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request_uri": "https://x.test/"}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "x"}, "invalid_request"),
        ({"client_id": "other"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
        ({"state": "\x00"}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
    ],
)
def test_what_the_authorization_endpoint_would_refuse_is_refused_at_once(
    changes: dict[str, str | None], error: str
) -> None:
    client = make_client()
    make_client("other")
    response = push(client, **changes)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert response.json()["error_description"]
    assert not PushedRequest.objects.exists()
    assert push(client).status_code == 201


# E03
@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_other_methods_are_not_allowed(method: str) -> None:
    response = getattr(browser(), method)(PAR)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST, OPTIONS"


# D01, D03
def test_the_client_is_authenticated() -> None:
    client, public = make_client(), make_client("public", secret=None)
    for response in (
        push(client, secret=None),
        push(client, secret="wrong-secret-0123456789"),
        post_form(PAR, request_for(client, client_id=None)),
        post_form(PAR, request_for(client, client_id="nobody")),
    ):
        assert response.status_code == 401
        assert response.json()["error"] == "invalid_client"
    assert not PushedRequest.objects.exists()
    assert push(client).status_code == 201
    assert post_form(PAR, {**request_for(client), "client_secret": SECRET}).status_code == 201
    both = post_form(PAR, {**request_for(client), "client_secret": SECRET}, {"authorization": basic("app", SECRET)})
    assert both.status_code == 400
    # B06: a public client has its PKCE instead.
    assert push(public, secret=None).status_code == 201
    without = push(public, secret=None, code_challenge=None, code_challenge_method=None)
    assert without.status_code == 400
    assert without.json()["error"] == "invalid_request"


# D01
def test_without_a_client_id_in_the_form_the_authenticated_client_pushes() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    request_uri = pushed(client, client_id=None)
    assert answer_of(use(signed_in(member), client, request_uri))["code"]


# A13, B11
def test_the_form_is_read_strictly() -> None:
    client = make_client()
    header = {"authorization": basic(client.client_id, SECRET)}
    doubled = post_form(PAR, [*request_for(client).items(), ("scope", "email")], header)
    assert doubled.status_code == 400
    assert doubled.json()["error"] == "invalid_request"
    in_address = post_form(f"{PAR}?client_id={client.client_id}", request_for(client), header)
    assert in_address.status_code == 400
    as_json = browser().post(PAR, data="{}", content_type="application/json", headers=header)
    assert as_json.status_code == 415


# E03
def test_a_client_may_be_held_to_pushing() -> None:
    client, member = make_client(requires_par=True, skip_authorization=True), make_member()
    found = signed_in(member)
    assert answer_of(ask(found, client))["error"] == "invalid_request"
    assert answer_of(ask(found, client, request_uri="https://x.test/"))["error"] == "invalid_request"
    assert not Grant.objects.exists()
    assert answer_of(use(found, client, pushed(client)))["code"]
    # Who was found waiting is not asked to begin again.
    assert use(found, client, pushed(client, prompt="consent")).status_code == 303
    assert answer_of(found.post(f"/authorize/{Interaction.objects.get().pk}/consent"))["code"]


# E03
def test_uri_and_client_are_looked_at_again_when_the_request_is_used() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    request_uri, second, third = pushed(client), pushed(client), pushed(client)
    Client.objects.update(redirect_uris=["https://app.example.test/new"])
    gone = use(found, client, request_uri)
    assert gone.status_code == 400
    assert "Location" not in gone.headers
    Client.objects.update(redirect_uris=[CALLBACK], pkce_required=True)
    assert answer_of(use(found, client, second))["code"]
    client.delete()
    assert use(found, client, third).status_code == 400


# A16
def test_who_may_not_use_the_client_gets_no_code_by_pushing() -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,), skip_authorization=True), make_member()
    found = signed_in(member)
    assert answer_of(use(found, client, pushed(client, prompt="none")))["error"] == "access_denied"
    member.groups.add(group)
    assert answer_of(use(found, client, pushed(client, prompt="none")))["code"]


# A14
def test_other_request_uris_have_an_error_of_their_own() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    for value in ("https://x.test/request", "urn:x", "x"):
        assert answer_of(ask(found, client, request_uri=value))["error"] == "request_uri_not_supported"
    assert not Grant.objects.exists()
    assert answer_of(ask(found, client))["code"]


def test_a_pushed_request_can_be_brought_by_a_form_of_another_site() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member, enforce_csrf_checks=True)
    body = {"client_id": client.client_id, "request_uri": pushed(client)}
    response = found.post("/authorize", body)
    assert response.status_code == 303
    assert answer_of(found.get(response.headers["Location"]))["code"]


def test_discovery_names_the_endpoint(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_INTERNAL_URL = "http://hearthkey.internal:1411"
    found = browser().get("/.well-known/openid-configuration").json()
    assert found["pushed_authorization_request_endpoint"] == f"http://hearthkey.internal:1411{PAR}"
    assert found["require_pushed_authorization_requests"] is False
