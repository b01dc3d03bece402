"""What every ceremony endpoint has in common."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from passkeys.models import Ceremony
from tests.support.passkeys.world import ADD, SIGN_IN, STEP_UP, error_of, options, post_json, strict_limit, verify

pytestmark = pytest.mark.django_db

ENDPOINTS = [f"{base}/{call}" for base in (SIGN_IN, STEP_UP, ADD) for call in ("options", "verify")]


# L10
@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json_is_read(owner, path, kind):
    owner.signed_in()
    assert error_of(owner.client.post(path, "{}", content_type=kind)) == (415, "not_json")
    accepted = owner.client.post(path, "{}", content_type="application/json; charset=utf-8")
    assert accepted.status_code == (200 if path.endswith("options") else 400)


# L10
@pytest.mark.parametrize("path", [*ENDPOINTS, "/account/passkeys/5e0d1f6e-0000-4000-8000-000000000000/remove"])
def test_csrf_protection_is_on(owner, path):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = owner.signed_in().client.cookies
    assert browser.post(path, "{}", content_type="application/json").status_code == 403
    page = browser.get("/account/passkeys/")
    header = {"X-CSRFToken": str(page.context["csrf_token"])}
    assert browser.post(path, "{}", content_type="application/json", headers=header).status_code != 403


# M04
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_body_has_at_most_64_kilobytes(owner, path):
    owner.signed_in()
    fitting = b'{"x": "' + b"x" * (64 * 1024 - 9) + b'"}'
    assert len(fitting) == 64 * 1024
    for body, is_too_large in ((fitting, False), (fitting + b" ", True)):
        response = owner.client.post(path, body, content_type="application/json")
        assert (response.status_code == 413) is is_too_large


# J13, V40
@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("body", [b" ", b"[]", b"1", b"null", b'"x"', b"{", b"\xff", b"[" * 60_000, b'{"a":' * 10_000])
def test_what_is_no_json_object_is_a_bad_request(owner, path, body):
    owner.signed_in()
    assert error_of(owner.client.post(path, body, content_type="application/json")) == (400, "bad_request")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_answers_are_never_cached_and_only_posted(owner, path):
    owner.signed_in()
    assert "no-store" in post_json(owner.client, path, {})["Cache-Control"]
    assert owner.client.get(path).status_code == 405


def test_errors_carry_code_message_and_reference(client):
    answer = post_json(client, f"{SIGN_IN}/verify", {"ceremony": "x", "credential": {}}).json()
    assert answer == {
        "error": "ceremony_expired",
        "message": "That took too long. Please try again.",
        "reference": "",
    }


# J01
@pytest.mark.parametrize(("secure", "name"), [(False, "hearthkey_browser"), (True, "__Host-hearthkey_browser")])
def test_a_ceremony_is_bound_to_a_cookie_of_its_own(client, settings, secure, name):
    settings.SESSION_COOKIE_SECURE = secure
    response = post_json(client, f"{SIGN_IN}/options", {})
    cookie = response.cookies[name]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert bool(cookie["secure"]) is secure
    assert len(cookie.value) >= 40
    assert name not in post_json(client, f"{SIGN_IN}/options", {}).cookies


# J01
def test_without_the_cookie_nothing_is_finished(owner):
    begun = options(owner.client, SIGN_IN)
    del owner.client.cookies["hearthkey_browser"]
    assert error_of(verify(owner.client, SIGN_IN, begun, owner.device.get(begun["publicKey"]))) == (
        400,
        "ceremony_expired",
    )


# J01
def test_only_digests_of_token_and_cookie_are_stored(client):
    response = post_json(client, f"{SIGN_IN}/options", {})
    stored = str(Ceremony.objects.values().get())
    assert response.json()["ceremony"] not in stored
    assert response.cookies["hearthkey_browser"].value not in stored


# K11
@pytest.mark.parametrize("path", [f"{SIGN_IN}/options", f"{STEP_UP}/options"])
def test_the_rate_limit_answers_429_with_the_seconds_to_wait(owner, settings, path):
    owner.signed_in()
    assert post_json(owner.client, path, {}).status_code == 200
    settings.HEARTHKEY_PASSKEYS_RATE_LIMIT = f"{strict_limit.__module__}.{strict_limit.__name__}"
    before = Ceremony.objects.count()
    response = post_json(owner.client, path, {})
    assert error_of(response) == (429, "too_many_requests")
    assert response["Retry-After"] == "3"
    assert Ceremony.objects.count() == before


def test_expired_ceremonies_are_swept_by_the_next_one(client):
    post_json(client, f"{SIGN_IN}/options", {})
    ceremony = Ceremony.objects.get()
    Ceremony.objects.update(
        expires_at=ceremony.expires_at.fromtimestamp(time.time() - 1, tz=ceremony.expires_at.tzinfo)
    )
    post_json(client, f"{SIGN_IN}/options", {})
    assert Ceremony.objects.get().pk != ceremony.pk


# K09
def test_unknown_foreign_and_disabled_look_alike(owner, stranger):
    answers = {}
    unknown = owner.device.credentials[0].__class__(
        id=b"nobody knows this",
        rp_id="localhost",
        user_handle=b"x" * 64,
        algorithm=-48,
        key=owner.device.credentials[0].key,
    )
    browser = Client()
    for case, credential in (("unknown", unknown), ("disabled", stranger.device.credentials[0])):
        stranger.user.is_active = case != "disabled"
        stranger.user.save()
        begun = options(browser, SIGN_IN)
        response = verify(browser, SIGN_IN, begun, owner.device.get(begun["publicKey"], credential=credential))
        answers[case] = (response.status_code, response.content, sorted(response.headers.items()))
    assert answers["unknown"] == answers["disabled"]


# K09
def test_refusals_take_similar_time(owner, stranger):
    stranger.user.is_active = False
    stranger.user.save()
    known, disabled = owner.device.credentials[0], stranger.device.credentials[0]
    unknown = known.__class__(
        id=b"nobody knows this", rp_id="localhost", user_handle=b"x" * 64, algorithm=known.algorithm, key=known.key
    )
    spent: dict[str, list[float]] = {"unknown": [], "disabled": []}
    browser = Client()
    for _ in range(150):
        for case, credential in (("unknown", unknown), ("disabled", disabled)):
            begun = options(browser, SIGN_IN)
            answer = owner.device.get(begun["publicKey"], credential=credential)
            start = time.perf_counter()
            verify(browser, SIGN_IN, begun, answer)
            spent[case].append(time.perf_counter() - start)
    medians = {case: sorted(times)[len(times) // 2] for case, times in spent.items()}
    # A ratio, since the machine may be busy: work done for one of them only would double its time.
    assert max(medians.values()) / min(medians.values()) < 2, medians


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/.well-known/webauthn", 200),
        ("/.well-known/passkey-endpoints", 200),
        ("/.well-known/change-password", 302),
    ],
)
def test_well_known_documents(client, settings, path, status):
    settings.HEARTHKEY_PASSKEYS_ORIGINS = ["http://localhost:8000", "https://sub.localhost", "https://other.example"]
    response = client.get(path, headers={"Host": "testserver"})
    assert response.status_code == status
    if status == 302:
        assert response["Location"] == "/account/passkeys/"
        return
    assert response["Content-Type"] == "application/json"
    page = "http://localhost:8000/account/passkeys/"
    expected = {"origins": ["https://other.example"]} if path.endswith("webauthn") else {"enroll": page, "manage": page}
    assert response.json() == expected
