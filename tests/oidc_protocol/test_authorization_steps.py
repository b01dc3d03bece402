"""What stands between a request and its code: sign-in, choice, freshness, access, consent."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from oidc_clients import signals
from oidc_clients.models import Client, Consent, Grant, Interaction
from tests.support.oidc_protocol.factories import (
    ISSUER,
    SECRET,
    answer_of,
    ask,
    basic,
    browser,
    consent_to,
    goes_on_to,
    make_client,
    make_member,
    post_form,
    request_for,
    sign_in,
    signed_in,
)

pytestmark = pytest.mark.django_db


def pending(found: Any, client: Client, **changes: str | None) -> tuple[Interaction, Any]:
    """The interaction that a request leads to, and the page it shows."""
    response = ask(found, client, **changes)
    assert response.status_code == 303, response.headers
    interaction = Interaction.objects.latest("expires_at")
    return interaction, found.get(f"/authorize?interaction={interaction.pk}")


# A07, A09, A14
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "id_token token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": "Code"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"request_uri": "https://x.test/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "nonsense"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "²"}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_bad_request_reaches_the_client_with_issuer_and_state(changes: dict[str, str | None], error: str) -> None:
    client = make_client()
    response = ask(browser(), client, **changes)
    assert response.status_code == 302
    answer = answer_of(response)
    assert answer["error"] == error
    assert answer["iss"] == ISSUER == browser().get("/.well-known/openid-configuration").json()["issuer"]
    assert answer["state"] == "a state"
    assert answer["error_description"]
    assert not Interaction.objects.exists()
    # The twin.
    assert ask(browser(), client).status_code == 303


# B06
@pytest.mark.parametrize("changes", [{"code_challenge": None, "code_challenge_method": None}])
def test_pkce_is_mandatory_for_public_clients_and_by_switch(changes: dict[str, str | None]) -> None:
    member = make_member()
    public = make_client("public", secret=None, skip_authorization=True)
    switched = make_client("switched", pkce_required=True, skip_authorization=True)
    plain = make_client("plain", skip_authorization=True)
    found = signed_in(member)
    assert answer_of(ask(found, public, **changes))["error"] == "invalid_request"
    assert answer_of(ask(found, switched, **changes))["error"] == "invalid_request"
    assert answer_of(ask(found, plain, **changes))["code"]
    assert answer_of(ask(found, public))["code"]
    assert answer_of(ask(found, switched))["code"]


# A13
@pytest.mark.parametrize("name", ["state", "nonce", "scope", "prompt", "claims", "max_age", "unknown"])
def test_a_doubled_parameter_is_refused(name: str) -> None:
    client = make_client()
    response = browser().get("/authorize", {**request_for(client), name: ["a", "b"]})
    assert answer_of(response)["error"] == "invalid_request"
    assert (answer_of(response).get("state") == "a state") is (name != "state")


def test_the_interaction_belongs_to_its_browser() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    interaction, page = pending(found, client)
    assert page.status_code == 200
    thief = signed_in(member)
    for response in (
        thief.get(f"/authorize?interaction={interaction.pk}"),
        thief.post(f"/authorize/{interaction.pk}/consent"),
        thief.post(f"/authorize/{interaction.pk}/cancel"),
        thief.post(f"/authorize/{interaction.pk}/account/keep"),
        thief.post(f"/authorize/{interaction.pk}/account/switch"),
    ):
        assert response.status_code == 400
    assert not Consent.objects.exists()
    assert answer_of(found.post(f"/authorize/{interaction.pk}/consent"))["code"]


def test_the_interaction_is_single_use_and_ends_after_fifteen_minutes() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    interaction, _ = pending(found, client)
    late = found.cookies.copy()
    assert answer_of(found.post(f"/authorize/{interaction.pk}/consent"))["code"]
    found.cookies = late
    assert found.post(f"/authorize/{interaction.pk}/consent").status_code == 400
    assert Grant.objects.count() == 1
    other, _ = pending(found, client, prompt="consent")
    assert other.expires_at - timezone.now() <= timedelta(minutes=15)
    Interaction.objects.filter(pk=other.pk).update(expires_at=timezone.now())
    assert found.post(f"/authorize/{other.pk}/consent").status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = ask(browser(), make_client())
    [(name, cookie)] = [(n, c) for n, c in response.cookies.items() if "interaction" in n]
    assert name.startswith("__Host-")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"


def test_several_tabs_side_by_side() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    first, _ = pending(found, client, state="one")
    second, _ = pending(found, client, state="two")
    assert answer_of(found.post(f"/authorize/{first.pk}/consent"))["state"] == "one"
    assert answer_of(found.get(f"/authorize?interaction={second.pk}"))["state"] == "two"


def test_forms_need_the_csrf_token() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member, enforce_csrf_checks=True)
    interaction, page = pending(found, client)
    assert found.post(f"/authorize/{interaction.pk}/consent").status_code == 403
    form_token = page.context["csrf_token"]
    assert (
        found.post(f"/authorize/{interaction.pk}/consent", {"csrfmiddlewaretoken": str(form_token)}).status_code == 200
    )


@pytest.mark.parametrize("path", ["consent", "cancel", "account/keep", "account/switch"])
def test_nothing_is_decided_by_a_link(path: str) -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    interaction, _ = pending(found, client)
    assert found.get(f"/authorize/{interaction.pk}/{path}").status_code == 405
    assert not Consent.objects.exists()


def test_cancel_tells_the_client() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    interaction, _ = pending(found, client)
    response = found.post(f"/authorize/{interaction.pk}/cancel")
    assert response.status_code == 200
    answer = answer_of(response)
    assert answer["error"] == "access_denied"
    assert answer["iss"] == ISSUER
    assert answer["state"] == "a state"
    assert not Grant.objects.exists()


# A15
def test_wider_scopes_and_prompt_consent_ask_again() -> None:
    client, member = make_client(), make_member()
    consent_to(member, client, "openid", "email")
    found = signed_in(member)
    assert answer_of(ask(found, client, scope="openid email"))["code"]
    assert answer_of(ask(found, client, scope="openid"))["code"]
    assert ask(found, client, scope="openid email groups").status_code == 303
    assert ask(found, client, scope="openid email", prompt="consent").status_code == 303
    assert answer_of(ask(found, client, scope="openid groups", prompt="none"))["error"] == "consent_required"
    assert answer_of(ask(found, client, scope="openid email", prompt="none"))["code"]
    stranger = signed_in(make_member("stranger"))
    assert ask(stranger, client, scope="openid email").status_code == 303
    other = make_client("other")
    assert ask(found, other, scope="openid email").status_code == 303


# A15
def test_skip_consent_yields_to_prompt_consent() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    assert answer_of(ask(found, client))["code"]
    interaction, page = pending(found, client, prompt="consent")
    assert "Continue" in page.content.decode()
    assert answer_of(found.post(f"/authorize/{interaction.pk}/consent"))["code"]


# A16
@pytest.mark.parametrize("is_superuser", [False, True])
def test_only_members_of_the_groups_get_in(is_superuser: bool) -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member(is_superuser=is_superuser)
    found = signed_in(member)
    _, page = pending(found, client)
    assert page.status_code == 403
    assert "You don't have access to App" in page.content.decode()
    assert "error=access_denied" in page.context["back"]
    assert (b"Only members of these groups" in page.content) is is_superuser
    assert (b"family" in page.content) is is_superuser
    silent = ask(found, client, prompt="none")
    assert silent.status_code == 302
    assert answer_of(silent)["error"] == "access_denied"
    member.groups.add(group)
    _, page = pending(found, client)
    assert page.status_code == 200


# A16
def test_a_restricted_client_without_groups_lets_nobody_in() -> None:
    client, member = make_client(is_restricted=True, skip_authorization=True), make_member(is_superuser=True)
    found = signed_in(member)
    _, page = pending(found, client)
    assert page.status_code == 403
    assert b"no groups yet" in page.content
    Client.objects.update(is_restricted=False)
    assert answer_of(ask(found, client))["code"]


def test_pressing_continue_skips_no_step() -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    found = signed_in(member)
    interaction, _ = pending(found, client)
    member.groups.clear()
    assert goes_on_to(found.post(f"/authorize/{interaction.pk}/consent")).startswith("/authorize?interaction=")
    assert not Grant.objects.exists()
    assert not Consent.objects.exists()
    member.groups.add(group)
    assert answer_of(found.post(f"/authorize/{interaction.pk}/consent"))["code"]


# A17, V4
@pytest.mark.parametrize(
    ("changes", "fields", "age", "passes"),
    [
        ({"prompt": "login"}, {}, 30, False),
        ({"prompt": "login"}, {}, -60, True),
        ({"max_age": "100"}, {}, 90, True),
        ({"max_age": "100"}, {}, 110, False),
        ({"max_age": "0"}, {}, 5, False),
        ({"max_age": "0"}, {}, -60, True),
        ({}, {"requires_fresh_passkey": True}, 50, True),
        ({}, {"requires_fresh_passkey": True}, 70, False),
        ({}, {}, 100_000, True),
    ],
)
def test_a_demand_for_a_fresh_sign_in_is_met_by_a_recent_passkey_only(
    changes: dict[str, str], fields: dict[str, bool], age: int, passes: bool
) -> None:
    client, member = make_client(skip_authorization=True, **fields), make_member()
    now = int(time.time())
    response = ask(signed_in(member, at=now - age), client, **changes)
    assert (response.status_code == 302 and "code" in answer_of(response)) is passes
    if not passes:
        assert response.status_code == 303
        if not changes.get("prompt"):
            silent = ask(signed_in(member, at=now - age), client, prompt="none", **changes)
            assert answer_of(silent)["error"] == "login_required"
    if changes or fields:
        by_code = ask(signed_in(member, method="code"), client, **changes)
        assert by_code.status_code == 303


# A17
def test_coming_back_with_the_old_session_proves_nothing() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member, at=int(time.time()) - 30)
    interaction, again = pending(found, client, prompt="login")
    assert again.status_code in (302, 303)
    assert again.headers["Location"].startswith("/login?next=")
    assert not Grant.objects.exists()
    sign_in(found, member, method="code")
    assert found.get(f"/authorize?interaction={interaction.pk}").headers["Location"].startswith("/login?next=")
    sign_in(found, member)
    assert answer_of(found.get(f"/authorize?interaction={interaction.pk}"))["code"]


# A17
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_passkey_used_just_before_in_the_same_second_proves_nothing(changes: dict[str, str]) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    for before in (0.001, 0.2, 0.999):
        found = signed_in(member, at=time.time() - before)
        interaction, again = pending(found, client, **changes)
        assert again.headers["Location"].startswith("/login?next=")
        # What is known to the whole second only, can have been before.
        sign_in(found, member, at=int(interaction.arrived_at.timestamp()))
        assert found.get(f"/authorize?interaction={interaction.pk}").headers["Location"].startswith("/login?next=")
        assert not Grant.objects.exists()
    sign_in(found, member, at=interaction.arrived_at.timestamp() + 0.001)
    assert answer_of(found.get(f"/authorize?interaction={interaction.pk}"))["code"]
    assert Grant.objects.get().auth_time == int(interaction.arrived_at.timestamp() + 0.001)


def test_select_account_asks_who_and_not_you_leads_to_the_sign_in() -> None:
    client, owner, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(owner, at=int(time.time()) - 30)
    interaction, page = pending(found, client, prompt="select_account")
    assert b"Continue as owner" in page.content
    switched = found.post(f"/authorize/{interaction.pk}/account/switch")
    assert goes_on_to(switched).startswith("/login?next=")
    assert "_auth_user_id" not in found.session
    sign_in(found, colleague, at=int(time.time()) - 30)
    assert b"Continue as colleague" in found.get(f"/authorize?interaction={interaction.pk}").content
    kept = found.post(f"/authorize/{interaction.pk}/account/keep")
    assert answer_of(found.get(goes_on_to(kept)))["code"]
    assert Grant.objects.get().user == colleague


def test_a_disabled_member_is_not_signed_in() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    member.is_active = False
    member.save()
    assert ask(found, client).headers["Location"].startswith("/login")


# A10
def test_redirect_after_another_sites_form_is_303_and_after_our_own_a_page() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    response = found.post("/authorize", request_for(client))
    assert response.status_code == 303
    interaction = Interaction.objects.get()
    for path in ("account/keep", "account/switch"):
        response = found.post(f"/authorize/{interaction.pk}/{path}")
        assert response.status_code == 200
        assert goes_on_to(response).startswith(("/authorize?interaction=", "/login?next="))


# A11
def test_every_page_for_people_keeps_secrets_and_lets_popups_talk() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    interaction, consent = pending(found, client)
    going_on = found.post(f"/authorize/{interaction.pk}/consent")
    for response in (consent, going_on, ask(browser(), client, client_id="nobody"), ask(found, client)):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        assert response.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert going_on.headers["Referrer-Policy"] == "no-referrer"


def test_what_happens_is_told() -> None:
    told: list[Any] = []

    def listen(event: Any, **_: Any) -> None:
        told.append(event)

    for signal in signals.ALL:
        signal.connect(listen)
    try:
        client, member = make_client(), make_member()
        found = signed_in(member)
        interaction, _ = pending(found, client)
        found.post(f"/authorize/{interaction.pk}/consent")
        ask(found, client)
    finally:
        for signal in signals.ALL:
            signal.disconnect(listen)
    assert [type(event).__name__ for event in told] == ["ConsentGiven", "ClientAuthorized", "ClientAuthorized"]
    assert [event.is_new for event in told[1:]] == [True, False]
    assert {event.user for event in told} == {str(member.pk)}


def test_head_changes_nothing_and_uses_nothing_up() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    assert found.head("/authorize", request_for(client)).status_code == 200
    assert not Interaction.objects.exists()
    assert not Grant.objects.exists()
    pushed = post_form("/api/oidc/par", request_for(client), {"authorization": basic(client.client_id, SECRET)}).json()
    by_reference = {"client_id": client.client_id, "request_uri": pushed["request_uri"]}
    assert found.head("/authorize", by_reference).status_code == 200
    assert answer_of(found.get("/authorize", by_reference))["code"]
    assert found.head("/authorize", {"client_id": "nobody"}).status_code == 400


def test_repeated_client_id_is_called_repeated() -> None:
    make_client()
    page = browser().get("/authorize?client_id=app&client_id=app").content.decode()
    assert "more than once" in page
    assert "more than once" not in browser().get("/authorize?client_id=nobody").content.decode()


@pytest.mark.parametrize("path", ["token", "device/authorize", "revoke", "introspect", "par"])
def test_empty_post_is_about_what_is_missing(path: str) -> None:
    empty = browser().generic("POST", f"/api/oidc/{path}", b"", content_type="")
    assert empty.status_code in (400, 401)
    assert empty.json()["error"] in {"invalid_request", "invalid_client"}
    assert browser().generic("POST", f"/api/oidc/{path}", b"{}", content_type="").status_code == 415
