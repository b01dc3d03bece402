"""No step is passed by an empty form, half a form, or by coming to the next one first."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client as Browser

from accounts.models import User
from accounts.services.codes import create_code
from oidc_clients.models import Consent, Grant, Interaction
from passkeys.models import Passkey
from passkeys.testing import SoftAuthenticator
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, urlencode
from tests.support.passkeys.world import ADD, SIGN_IN, STEP_UP, Person, options, post_json, verify

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost:1411"
#: What only a step that was passed writes.
GAINS = ("User", "Passkey", "Consent", "Grant", "AccessToken", "RefreshToken", "Client", "LoginCode")


def gained() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_models() if model.__name__ in GAINS}


def is_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


FORMS: list[tuple[str, list[str]]] = [
    ("/setup", ["username", "email", "email_verified", "token"]),
    ("/lc/x", ["token"]),
    ("/lc/", []),
    ("/authorize", ["client_id", "redirect_uri", "response_type", "scope"]),
    ("/authorize/00000000-0000-4000-8000-000000000000/consent", ["scope"]),
    ("/authorize/00000000-0000-4000-8000-000000000000/account/keep", []),
    ("/device", ["user_code"]),
    ("/device/confirm", ["user_code"]),
    ("/device/passkey", ["user_code"]),
    ("/device/approve", ["user_code"]),
    ("/api/oidc/token", ["grant_type", "code", "refresh_token", "device_code", "client_id"]),
    ("/api/oidc/par", ["client_id"]),
    ("/api/oidc/device/authorize", ["client_id"]),
    ("/api/oidc/introspect", ["token"]),
    ("/api/oidc/revoke", ["token"]),
    ("/api/oidc/userinfo", ["access_token"]),
]


# L11, V25
@pytest.mark.parametrize("is_member", [False, True])
@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_an_empty_or_partial_form_passes_no_step(
    rose: User, app: RelyingParty, path: str, fields: list[str], is_member: bool
) -> None:
    before = gained()
    forms: list[dict[str, Any]] = [{}, *({name: ""} for name in fields), dict.fromkeys(fields, "")]
    forms += [{name: value} for name in fields for value in ("x", "true", "null", "[]")]
    for form in forms:
        browser = world.signed_in(rose) if is_member else Browser()
        answer = browser.post(path, urlencode(form), content_type=world.FORM)
        assert answer.status_code < 500, form
        assert path == "/authorize" or answer.status_code >= 300 or b"<form" in answer.content, form
        if path.startswith("/api/"):
            assert answer.status_code in (400, 401, 415), form
        assert is_in(browser) is is_member
    assert gained() == before


# L11, V25
@pytest.mark.parametrize("left_out", ["ceremony", "credential", "response", "id", "rawId", "type", "everything"])
@pytest.mark.parametrize("base", [SIGN_IN, STEP_UP, ADD])
def test_a_ceremony_is_not_finished_by_a_part_of_its_answer(rose: User, base: str, left_out: str) -> None:
    person = Person(rose, Browser(), SoftAuthenticator(origin=ORIGIN)).enrolled()
    if base != SIGN_IN:
        person.signed_in()
    entry, count = person.entry, Passkey.objects.count()

    def answered(device: SoftAuthenticator) -> tuple[dict[str, Any], dict[str, Any]]:
        begun = options(person.client, base)
        make = device.create if base == ADD else device.get
        return begun, dict(make(begun["publicKey"]))

    device = SoftAuthenticator(origin=ORIGIN) if base == ADD else person.device
    begun, credential = answered(device)
    body: dict[str, Any] = {"ceremony": begun["ceremony"], "credential": credential}
    for place in (body, credential):
        place.pop(left_out, None)
    for spoiled in [{}] if left_out == "everything" else [body, {**body, left_out: None}, {**body, left_out: ""}]:
        assert 400 <= post_json(person.client, f"{base}/verify", spoiled).status_code < 500
    assert (person.entry, Passkey.objects.count()) == (entry, count)
    # The twin: the whole answer to a ceremony of its own.
    begun, credential = answered(device)
    assert verify(person.client, base, begun, credential).status_code in (200, 201)


# L06, L11, V33
def test_a_passkey_is_not_enrolled_without_the_steps_before(rose: User) -> None:
    device = SoftAuthenticator(origin=ORIGIN)
    stranger, member = Browser(), Person(rose, Browser(), device)
    # The third step alone, with what another ceremony, or nobody, began.
    sign_in = options(stranger, SIGN_IN)
    for ceremony in ("", "x", sign_in["ceremony"]):
        body = {"ceremony": ceremony, "credential": {}}
        assert post_json(stranger, f"{ADD}/verify", body).status_code == 401
    assert post_json(stranger, f"{ADD}/options", {}).status_code == 401
    assert stranger.get("/account/passkeys/first").status_code == 302
    # Looking at the link is no use of it: nothing of the account opens before the button is pressed.
    path = "/" + create_code(user=rose, actor=None).link.split("/", 3)[3]
    assert member.client.get(path).status_code == 200
    assert post_json(member.client, f"{ADD}/options", {}).status_code == 401
    # In order it goes: the link, then the passkey.
    assert member.client.post(path).status_code == 302
    begun = options(member.client, ADD)
    made = device.create(begun["publicKey"])
    assert post_json(stranger, f"{ADD}/verify", {"ceremony": begun["ceremony"], "credential": made}).status_code == 401
    assert not Passkey.objects.exists()
    assert verify(member.client, ADD, begun, made).status_code == 201


# L06, L11, V33
def test_recovery_by_a_link_steps_over_no_passkey_that_is_there(rose: User) -> None:
    Person(rose, Browser(), SoftAuthenticator(origin=ORIGIN)).enrolled()
    thief = Person(rose, Browser(), SoftAuthenticator(origin=ORIGIN))
    thief.client.post("/" + create_code(user=rose, actor=None).link.split("/", 3)[3])
    assert thief.is_signed_in
    # As if the code had come by mail: whoever reads a mailbox gets no passkey beside those that are there.
    session = thief.client.session
    session["hearthkey_auth"] = {**session["hearthkey_auth"], "source": "mail"}
    session.save()
    assert post_json(thief.client, f"{ADD}/options", {}).status_code == 403
    # Nor with a ceremony that was begun for another purpose in this very browser.
    begun = options(thief.client, STEP_UP)
    body = {"ceremony": begun["ceremony"], "credential": {"id": "x", "rawId": "x", "type": "public-key"}}
    assert 400 <= post_json(thief.client, f"{ADD}/verify", body).status_code < 500
    assert Passkey.objects.count() == 1
    # The twin has none left: the link is for them.
    Passkey.objects.all().delete()
    assert thief.add().status_code == 201


# L11, A15, V25, V33
def test_no_code_without_the_sign_in_and_the_consent_before(rose: User, app: RelyingParty) -> None:
    browser = Browser()
    asked = app.authorize(browser)
    assert asked.headers["Location"].startswith("/login?")
    interaction = Interaction.objects.get()
    consent = f"/authorize/{interaction.pk}/consent"
    for form in ({}, {"scope": "openid"}, {"user": str(rose.pk)}):
        answer = browser.post(consent, form)
        assert not answer.headers.get("Location", "").startswith(world.CALLBACK)
        assert world.CALLBACK not in answer.content.decode()
    assert not Grant.objects.exists()
    assert not Consent.objects.exists()
    # Another member's browser does not carry it on either; this one does after signing in.
    assert world.signed_in(rose).post(consent).status_code == 400
    browser.force_login(rose, backend="passkeys.backends.PasskeyBackend")
    assert world.answer_of(world.finish(browser, browser.get(f"/authorize?interaction={interaction.pk}")))["code"]


# L11, F02, V33
@pytest.mark.parametrize("step", ["confirm", "approve"])
def test_a_device_is_not_approved_by_who_never_typed_its_code(rose: User, app: RelyingParty, step: str) -> None:
    proof = {"client_id": app.client_id, "client_secret": app.secret, "scope": "openid"}
    codes = Browser().post("/api/oidc/device/authorize", urlencode(proof), content_type=world.FORM).json()
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes["device_code"]}
    typed, browser = {"user_code": codes["user_code"]}, world.signed_in(rose)
    browser.post(f"/device/{step}", typed)
    assert app.token(**grant).json()["error"] == "authorization_pending"
    browser.post("/device", typed)
    browser.post("/device/approve", typed)
    assert app.token(**grant).json()["access_token"]
