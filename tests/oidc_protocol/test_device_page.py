"""The page where a person types a device's code and answers (RFC 8628 §3.3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oidc_clients.models import ClientLogo, DeviceGrant
from tests.support.oidc_protocol.devices import (
    AGENT,
    QUESTION,
    answer,
    approved,
    codes_of,
    confirm,
    enter,
    heard,
    next_of,
    page_of,
    poll,
    press,
)
from tests.support.oidc_protocol.factories import browser, consent_to, make_client, make_member, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_the_page_asks_for_one_thing() -> None:
    page = page_of(signed_in(make_member()).get("/device"))
    assert page.count("<label") == 1
    assert '<label for="user-code">' in page
    field = page[page.index('<input id="user-code"') :].split(">")[0]
    assert " autofocus" in field
    assert 'autocomplete="off"' in field


# F05
def test_a_link_fills_the_code_in_and_does_nothing_else() -> None:
    client, member = make_client(), make_member()
    consent_to(member, client)
    codes = codes_of(client)
    found = signed_in(member)
    response = found.get(urlsplit(codes["verification_uri_complete"]).path, {"user_code": codes["user_code"]})
    assert f'value="{codes["user_code"]}"' in page_of(response)
    assert "Approve" not in page_of(response)
    confirm(found, codes["user_code"])
    for path in ("/device/approve", "/device/refuse", "/device/switch"):
        assert found.get(path, {"user_code": codes["user_code"]}).status_code == 405
    grant = DeviceGrant.objects.get()
    assert (grant.status, grant.claimed_by, grant.user_id) == (DeviceGrant.AUTHORIZATION_PENDING, "", None)
    assert heard(poll(client, codes["device_code"])) == (400, "authorization_pending")


@pytest.mark.parametrize("code", ["call 555-0199 now", "<b>x</b>", "AEIO-UAEI", "x" * 5000, "\x00"])
def test_a_link_puts_no_words_of_its_own_on_the_page(code: str) -> None:
    page = page_of(signed_in(make_member()).get("/device", {"user_code": code}))
    assert '<input id="user-code" name="user_code" type="text" value=""' in page


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("bcdf-ghj", "bcdf-ghj"), ("BCDFGHJK", "BCDF-GHJK"), ('"><b>', "&quot;&gt;&lt;b&gt;"), ("B\x00\nC", "BC")],
)
def test_what_was_typed_wrongly_is_there_to_be_corrected(typed: str, shown: str) -> None:
    found = signed_in(make_member())
    response = enter(found, typed)
    assert response.status_code == 404
    assert f'value="{shown}"' in page_of(response)
    assert f'value="{"B" * 64}"' in page_of(enter(found, "B" * 5000))


def test_who_is_not_signed_in_signs_in_and_comes_back_with_the_code() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    found = browser()
    back = next_of(found.get("/device", {"user_code": codes["user_code"]}))
    assert back == f"/device?user_code={codes['user_code']}"
    assert next_of(found.get("/device")) == "/device"
    assert next_of(enter(found, codes["user_code"])) == back
    assert next_of(confirm(found, codes["user_code"])) == f"/device/confirm?user_code={codes['user_code']}"
    assert next_of(press(found, "approve", codes["user_code"])) == f"/device/confirm?user_code={codes['user_code']}"
    sign_in(found, member)
    assert f'value="{codes["user_code"]}"' in page_of(found.get(back))
    assert heard(poll(client, codes["device_code"])) == (400, "authorization_pending")


@pytest.mark.parametrize(
    "write",
    [
        str,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')}\t",
        lambda code: "-".join(code.lower()),
        lambda code: code.replace("-", "\u2013"),
        lambda code: code.replace("-", "\u00a0"),
    ],
)
def test_a_code_may_be_written_in_any_way(write: Any) -> None:
    codes = codes_of(make_client())
    response = enter(signed_in(make_member()), write(codes["user_code"]))
    assert response.status_code == 303
    assert response.headers["Location"] == f"/device/confirm?user_code={codes['user_code']}"


# F05
def test_the_confirm_page_says_who_asks_what_for_and_from_where() -> None:
    client, member = make_client(name="Living Room TV"), make_member()
    ClientLogo.objects.create(client=client, data=b"x", content_type="image/png", etag="x")
    codes = codes_of(client, scope="openid profile email groups")
    DeviceGrant.objects.update(ip_address="203.0.113.7")
    found = signed_in(member)
    page = page_of(found.get(enter(found, codes["user_code"]).headers["Location"]))
    for words in (
        "Living Room TV",
        f'src="/api/oidc/clients/{client.client_id}/logo"',
        codes["user_code"],
        "203.0.113.7",
        AGENT,
        "Your name, username and picture",
        "Your email address",
        "The groups you belong to",
        QUESTION,
        "Approve",
        "Refuse",
        f"Signed in as {member.username}.",
    ):
        assert words in page, words
    assert "another network" not in page


def test_what_the_device_says_of_itself_is_shown_as_its_own_words() -> None:
    codes = codes_of(make_client(), agent='"><script>alert(1)</script>' + "x" * 400)
    found = signed_in(make_member())
    page = page_of(found.get(enter(found, codes["user_code"]).headers["Location"]))
    assert "<script>" not in page
    assert "Device name" in page
    assert "x" * 120 not in page


@pytest.mark.parametrize(
    ("device", "visitor", "warned"),
    [
        ("203.0.113.7", "203.0.113.200", False),
        ("203.0.113.7", "198.51.100.1", True),
        ("2001:db8:1:2::7", "2001:db8:1:2:9::1", False),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", True),
        ("203.0.113.7", "2001:db8:1:2::7", False),
        ("192.168.1.7", "10.0.0.7", False),
        ("192.168.1.7", "8.8.8.8", True),
        (None, "203.0.113.7", False),
        ("203.0.113.7", None, False),
    ],
)
def test_a_device_on_another_network_is_warned_of(
    device: str | None, visitor: str | None, warned: bool, settings: Any
) -> None:
    # Documentation addresses count as private in Python, so these stand for public ones.
    public = {"203.0.113.": "93.184.216.", "198.51.100.": "151.101.1.", "2001:db8:1:": "2606:4700:1:"}

    def real(address: str | None) -> str | None:
        for given_, used in public.items():
            address = address.replace(given_, used) if address else address
        return address

    settings.HEARTHKEY_OIDC_CLIENTS_REQUEST_ORIGIN = f"{__name__}.visitor_origin"
    codes = codes_of(make_client())
    DeviceGrant.objects.update(ip_address=real(device))
    Visitor.address = real(visitor)
    found = signed_in(make_member())
    page = page_of(found.get(enter(found, codes["user_code"]).headers["Location"]))
    assert ("a different network" in page) is warned


class Visitor:
    address: str | None = None


def visitor_origin(_request: Any) -> tuple[str | None, str]:
    return Visitor.address, "a browser"


def test_no_button_works_without_the_forms_token() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    enter(signed_in(member), codes["user_code"])
    found = signed_in(member, enforce_csrf_checks=True)
    for path in ("/device", "/device/approve", "/device/refuse", "/device/switch"):
        assert found.post(path, {"user_code": codes["user_code"]}).status_code == 403
    token = found.get("/device").context["csrf_token"]
    found.post("/device/approve", {"user_code": codes["user_code"], "csrfmiddlewaretoken": str(token)})
    assert poll(client, codes["device_code"]).status_code == 200


# A11
def test_no_page_can_be_framed_or_kept_and_a_popup_may_show_each() -> None:
    client, member = make_client(), make_member()
    codes, found = codes_of(client), signed_in(member)
    responses = [
        found.get("/device"),
        enter(found, "BCDF-GHJK"),
        enter(found, codes["user_code"]),
        confirm(found, codes["user_code"]),
        press(found, "approve", codes["user_code"]),
        confirm(found, codes["user_code"]),
    ]
    for response in responses:
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


class Limit:
    asked: list[str]


def five_attempts(_request: Any, policy: str) -> float | None:
    Limit.asked.append(policy)
    return None if len(Limit.asked) <= 5 else 7.2


# F01
def test_guessing_codes_has_to_wait(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = f"{__name__}.five_attempts"
    Limit.asked = []
    client, member = make_client(), make_member()
    codes, found = codes_of(client), signed_in(member)
    assert [enter(found, "BCDF-GHJK").status_code for _ in range(5)] == [404] * 5
    # A right code would have to wait as well, or the answer would tell that a guess was right.
    response = enter(found, codes["user_code"])
    assert (response.status_code, response.headers["Retry-After"]) == (429, "8")
    assert "Wait 8 seconds" in page_of(response)
    assert set(Limit.asked) == {"one-time-code"}
    assert DeviceGrant.objects.get().claimed_by == ""


def test_looking_at_the_pages_counts_nothing(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = f"{__name__}.five_attempts"
    Limit.asked = []
    client, member = make_client(), make_member()
    codes, found = codes_of(client), signed_in(member)
    for _ in range(10):
        found.get("/device", {"user_code": codes["user_code"]})
    answer(found, "approve", codes["user_code"])
    assert Limit.asked == ["one-time-code"]


def test_an_approved_code_typed_again_shows_what_became_of_it() -> None:
    client, member = make_client(), make_member()
    codes = approved(member, client)
    found = signed_in(member)
    assert "You approved the sign-in" in page_of(found.get(enter(found, codes["user_code"]).headers["Location"]))


thorough = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


# Bad input
@thorough
@given(
    path=st.sampled_from(
        ["/device", "/device/confirm", "/device/passkey", "/device/approve", "/device/refuse", "/device/switch"]
    ),
    typed=st.one_of(st.text(max_size=80), st.sampled_from(["\x00", "9" * 200_000, "BCDF-GHJK", "BCDF\x00GHJK"])),
    is_form=st.booleans(),
    is_signed_in=st.booleans(),
)
def test_nothing_that_is_typed_is_a_server_error(
    path: str, typed: str, is_form: bool, is_signed_in: bool, hostile: Any
) -> None:
    found = signed_in(hostile) if is_signed_in else browser()
    sent = {"user_code": typed}
    response = found.post(path, sent) if is_form else found.get(path, sent)
    assert response.status_code in (200, 303, 404, 405)


@thorough
@given(
    body=st.binary(max_size=300),
    content_type=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
            "text/plain; charset=nonsense",
        ]
    ),
)
def test_no_bytes_are_a_server_error(body: bytes, content_type: str, hostile: Any) -> None:
    response = signed_in(hostile).generic("POST", "/device", body, content_type=content_type)
    assert response.status_code in (303, 400, 404)


@pytest.fixture
def hostile() -> Any:
    codes_of(make_client())
    return make_member()
