"""Where a client is told of sign-outs, what may be called on the own network, and how long its tokens live."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from audit.models import Event
from oidc_clients.exceptions import ClientRefused
from oidc_clients.models import Client
from oidc_clients.services import clients

from .conftest import ADD, CALLBACK, change_url, form_of

pytestmark = pytest.mark.django_db
LOGOUT = "https://app.example.com/backchannel"


def lifetime(name: str, number: str, unit: str) -> dict[str, str]:
    return {f"{name}_0": number, f"{name}_1": unit}


def errors_of(answer: Any) -> list[str]:
    """The fields that the page finds fault with."""
    assert answer.status_code == 200
    return list(answer.context["adminform"].form.errors)


@pytest.mark.parametrize(
    "url", [LOGOUT, "HTTPS://App.example.com:8443/logout?from=id", "https://192.0.2.7/x", "https://[2001:db8::1]/x"]
)
def test_a_back_channel_logout_url_is_kept_as_it_was_typed(browser: Browser, url: str) -> None:
    browser.post(ADD, form_of(backchannel_logout_uri=url))
    assert Client.objects.get().backchannel_logout_uri == url


@pytest.mark.parametrize(
    "url",
    [
        LOGOUT + "#fragment",
        LOGOUT + "#",
        "https://user:word@app.example.com/backchannel",
        "https://app.example.com@evil.example.com/",
        "https://",
        "https:///path",
        "//app.example.com/backchannel",
        "app.immich:///logout",
        "javascript:alert(1)",
        "data:text/plain,a",
        "ftp://app.example.com/",
        "https://app.example.com\\@evil.example.com/",
        "https://app.example.com/a b",
        "https://app.example.com/\x00",
        "https://app.example.com:0/",
        "https://app.example.com:65536/",
        "https://[::1/",
        "https://app.example.com/ünicode",
        "https://app.example.com/" + "a" * 2000,
    ],
    ids=lambda url: ascii(url[:60]),
)
def test_a_back_channel_logout_url_that_can_not_be_called_is_refused(browser: Browser, url: str) -> None:
    answer = browser.post(ADD, form_of(backchannel_logout_uri=url, is_on_own_network="on"))
    assert errors_of(answer) == ["backchannel_logout_uri"]
    assert not Client.objects.exists()


def test_plain_http_is_for_the_own_network(browser: Browser) -> None:
    local = form_of(backchannel_logout_uri="http://nas.lan:3000/logout")
    assert "Plain http is only for" in unescape(browser.post(ADD, local).content.decode())
    assert not Client.objects.exists()
    browser.post(ADD, {**local, "is_on_own_network": "on"})
    client = Client.objects.get()
    assert client.is_on_own_network
    # The tick can't be taken away from under the address.
    browser.post(change_url(client), local)
    client.refresh_from_db()
    assert client.is_on_own_network
    browser.post(change_url(client), form_of(backchannel_logout_uri=LOGOUT))
    client.refresh_from_db()
    assert not client.is_on_own_network


def test_what_may_be_called_on_the_own_network_is_audited(browser: Browser) -> None:
    browser.post(ADD, form_of(name="Local", is_on_own_network="on"))
    browser.post(ADD, form_of(name="Public"))
    created = {event.data["client_name"]: event.data for event in Event.objects.filter(name="client_created")}
    assert created["Local"]["is_on_own_network"] is True
    assert created["Public"]["is_on_own_network"] is False
    browser.post(change_url(Client.objects.get(name="Public")), form_of(name="Public", is_on_own_network="on"))
    changes = Event.objects.get(name="client_changed").data["changes"]
    assert changes == {"is_on_own_network": {"before": False, "after": True}}


@pytest.mark.parametrize("name", ["access_token_lifetime", "refresh_token_lifetime"])
@pytest.mark.parametrize(
    ("number", "unit", "stored"),
    [
        ("1", "minutes", timedelta(minutes=1)),
        ("60", "seconds", timedelta(minutes=1)),
        ("90", "seconds", timedelta(seconds=90)),
        ("36", "hours", timedelta(hours=36)),
        ("365", "days", timedelta(days=365)),
        ("525600", "minutes", timedelta(days=365)),
        ("", "hours", None),
        ("", "", None),
        ("15", "", timedelta(minutes=15)),
    ],
)
def test_a_lifetime_is_a_number_with_a_unit(
    browser: Browser, name: str, number: str, unit: str, stored: timedelta | None
) -> None:
    browser.post(ADD, form_of(**lifetime(name, number, unit)))
    assert getattr(Client.objects.get(), name) == stored


@pytest.mark.parametrize("name", ["access_token_lifetime", "refresh_token_lifetime"])
@pytest.mark.parametrize(
    ("number", "unit"),
    [
        ("59", "seconds"),
        ("0", "days"),
        ("-1", "days"),
        ("366", "days"),
        ("525601", "minutes"),
        ("1.5", "hours"),
        ("1e3", "minutes"),
        ("31536000", "days"),
        ("9" * 400, "days"),
        ("9" * 5000, "days"),
        ("one", "hours"),
        ("NaN", "hours"),
        ("\x00", "hours"),
        ("1", "weeks"),
        ("1", "microseconds"),
        ("1", "__class__"),
    ],
    ids=lambda value: ascii(value[:12]),
)
def test_a_lifetime_out_of_range_is_refused_at_its_field(browser: Browser, name: str, number: str, unit: str) -> None:
    assert errors_of(browser.post(ADD, form_of(**lifetime(name, number, unit)))) == [name]
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("stored", "number", "unit"),
    [
        (timedelta(days=2), "2", "days"),
        (timedelta(hours=36), "36", "hours"),
        (timedelta(minutes=90), "90", "minutes"),
        (timedelta(seconds=90), "90", "seconds"),
    ],
)
def test_a_lifetime_is_shown_in_its_largest_whole_unit_and_stays(
    browser: Browser, stored: timedelta, number: str, unit: str
) -> None:
    browser.post(ADD, form_of())
    client = Client.objects.get()
    Client.objects.update(access_token_lifetime=stored)
    page = browser.get(change_url(client)).content.decode()
    field = page.split('name="access_token_lifetime_0"', 1)[1]
    assert field.startswith(f' value="{number}"')
    assert f'<option value="{unit}" selected>' in field
    browser.post(change_url(client), form_of(name="Other", **lifetime("access_token_lifetime", number, unit)))
    assert list(Event.objects.get(name="client_changed").data["changes"]) == ["name"]


def test_the_help_says_what_an_empty_lifetime_means(browser: Browser, settings: Any) -> None:
    page = browser.get(ADD).content.decode()
    assert "Empty: 1 hour, or 10 minutes when it is signed." in page
    assert "Empty: 30 days." in page
    settings.HEARTHKEY_OIDC_CLIENTS_ACCESS_TOKEN_LIFETIME = timedelta(minutes=90)
    assert "Empty: 90 minutes, or 10 minutes when it is signed." in browser.get(ADD).content.decode()


def test_the_trail_has_lifetimes_in_seconds_and_keys_by_their_ids(browser: Browser) -> None:
    browser.post(ADD, form_of(**lifetime("access_token_lifetime", "2", "hours")))
    client = Client.objects.get()
    jwks = '{"kty": "OKP", "crv": "Ed25519", "kid": "spring", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    browser.post(change_url(client), form_of(jwks=jwks, **lifetime("refresh_token_lifetime", "1", "days")))
    assert Event.objects.get(name="client_changed").data["changes"] == {
        "access_token_lifetime": {"before": 7200, "after": None},
        "refresh_token_lifetime": {"before": None, "after": 86400},
        "jwks": {"before": [], "after": ["spring"]},
    }


@pytest.mark.parametrize("name", ["access_token_lifetime", "refresh_token_lifetime"])
@pytest.mark.parametrize(
    "value",
    [timedelta(0), timedelta(seconds=59), timedelta(days=365, microseconds=1), timedelta.max, -timedelta(days=1), 60],
)
def test_services_and_database_refuse_it_too(browser: Browser, name: str, value: Any) -> None:
    with pytest.raises(ClientRefused) as refused:
        clients.checked_settings(clients.ClientSettings(name="Forge", redirect_uris=[CALLBACK], **{name: value}))
    assert refused.value.field == name
    if isinstance(value, timedelta) and value != timedelta.max:
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.create(client_id="forge", name="Forge", **{name: value})
        Client.objects.create(client_id="forge", name="Forge", **{name: timedelta(minutes=1)})


def test_a_fraction_of_a_second_is_no_lifetime() -> None:
    settings = {"name": "Forge", "redirect_uris": [CALLBACK]}
    with pytest.raises(ClientRefused, match="whole seconds"):
        clients.checked_settings(
            clients.ClientSettings(**settings, access_token_lifetime=timedelta(hours=1, microseconds=5))
        )
    clients.checked_settings(clients.ClientSettings(**settings, access_token_lifetime=timedelta(hours=1)))


def test_switches_and_format_reach_the_client_and_are_shown_again(browser: Browser) -> None:
    browser.post(ADD, form_of(allows_device_grant=None, requires_par="on", access_token_format="jwt"))
    client = Client.objects.get()
    assert (client.allows_device_grant, client.requires_par, client.access_token_format) == (False, True, "jwt")
    page = browser.get(change_url(client)).content.decode()
    assert 'id="id_requires_par" checked' in page
    assert 'id="id_allows_device_grant" checked' not in page
    assert '<option value="jwt" selected>' in page
    browser.post(change_url(client), form_of())
    client.refresh_from_db()
    assert (client.allows_device_grant, client.requires_par, client.access_token_format) == (True, False, "opaque")


@pytest.mark.parametrize("form", ["", "JWT", "paseto", "x" * 5000])
def test_an_unknown_format_is_refused(browser: Browser, form: str) -> None:
    assert browser.post(ADD, form_of(access_token_format=form)).status_code == 200
    assert not Client.objects.exists()


def test_everything_wrong_is_said_at_once(browser: Browser) -> None:
    wrong = form_of(
        backchannel_logout_uri="http://nas.lan/logout",
        authentication_method="private_key_jwt",
        **lifetime("refresh_token_lifetime", "400", "days"),
    )
    assert errors_of(browser.post(ADD, wrong)) == ["backchannel_logout_uri", "jwks", "refresh_token_lifetime"]
