from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse

from oidc_clients.admin.addresses import provider_addresses
from oidc_clients.models import AccessToken, Client, ClientSecret, Grant
from oidc_clients.protocol.metadata import ENDPOINTS
from oidc_clients.signals import (
    ClientChanged,
    ClientCreated,
    ClientDeleted,
    client_changed,
    client_created,
    client_deleted,
)

from .conftest import ADD, CALLBACK, action_url, change_url, form_of, shown

pytestmark = pytest.mark.django_db
WARNING = "No one can sign in to this client."
NO_EXPIRY = {"supplied": "", "expires_at_0": "", "expires_at_1": ""}


@pytest.fixture
def client_row(browser: Browser) -> Client:
    browser.post(ADD, form_of())
    return Client.objects.get()


def token_answer(client: Client, secret: str) -> str:
    """How the token endpoint judges this secret: a code that it doesn't know is invalid_grant, not invalid_client."""
    answer = Browser(HTTP_HOST="localhost:1411").post(
        "/api/oidc/token",
        urlencode(
            {
                "grant_type": "authorization_code",
                "code": "unknown",
                "redirect_uri": CALLBACK,
                "client_id": client.client_id,
                "client_secret": secret,
            }
        ),
        content_type="application/x-www-form-urlencoded",
    )
    return str(answer.json()["error"])


def test_two_secrets_work_side_by_side_and_then_one(browser: Browser, client_row: Client) -> None:  # D04
    first = client_row.secrets.get()
    page = browser.post(action_url(client_row, "secrets/add"), {**NO_EXPIRY, "supplied": "the-first-known-secret"})
    assert shown(page.content.decode(), "client-secret") == "the-first-known-secret"
    answer = browser.post(action_url(client_row, "secrets/add"), NO_EXPIRY)
    assert "no-store" in answer.headers["Cache-Control"]
    second = shown(answer.content.decode(), "client-secret")
    assert token_answer(client_row, "the-first-known-secret") == "invalid_grant"
    assert token_answer(client_row, second) == "invalid_grant"
    known = client_row.secrets.exclude(pk=first.pk).order_by("created_at").first()
    assert known is not None
    browser.post(action_url(client_row, f"secrets/{known.pk}/remove"))
    assert token_answer(client_row, "the-first-known-secret") == "invalid_client"
    assert token_answer(client_row, second) == "invalid_grant"


def test_the_page_lists_secrets_by_their_beginning(browser: Browser, client_row: Client) -> None:
    browser.post(
        action_url(client_row, "secrets/add"),
        {"supplied": "zyxw-and-more-of-it", "expires_at_0": "2999-01-01", "expires_at_1": "00:00:00"},
    )
    page = browser.get(change_url(client_row)).content.decode()
    assert "zyxw…" in page
    assert "2999" in page
    assert "zyxw-" not in page


def test_a_secret_can_not_expire_in_the_past(browser: Browser, client_row: Client) -> None:
    past = {"supplied": "", "expires_at_0": "2001-01-01", "expires_at_1": "00:00:00"}
    assert "future" in browser.post(action_url(client_row, "secrets/add"), past).content.decode()
    assert client_row.secrets.count() == 1
    browser.post(action_url(client_row, "secrets/add"), {**past, "expires_at_0": "2999-01-01"})
    assert client_row.secrets.count() == 2


def test_the_twenty_first_secret_is_refused(browser: Browser, client_row: Client) -> None:
    for _number in range(19):
        browser.post(action_url(client_row, "secrets/add"), NO_EXPIRY)
    assert client_row.secrets.count() == 20
    assert "at most 20" in browser.post(action_url(client_row, "secrets/add"), NO_EXPIRY).content.decode()
    assert client_row.secrets.count() == 20


def test_a_secret_of_another_client_is_not_removed_here(browser: Browser, client_row: Client) -> None:
    other = Client.objects.create(client_id="other", name="Other", client_type="confidential")
    secret = ClientSecret.objects.create(client=other, digest="0" * 64, prefix="abcd")
    assert browser.post(action_url(client_row, f"secrets/{secret.pk}/remove")).status_code == 404
    assert browser.post(action_url(other, f"secrets/{secret.pk}/remove")).status_code == 302
    assert not ClientSecret.objects.filter(pk=secret.pk).exists()


def test_a_restricted_client_without_groups_is_warned_of_and_can_be_unrestricted(
    browser: Browser, client_row: Client
) -> None:
    page = browser.get(change_url(client_row)).content.decode()
    assert WARNING in page
    assert f'href="{action_url(client_row, "unrestrict")}"' in page
    assert browser.get(action_url(client_row, "unrestrict")).status_code == 200
    client_row.refresh_from_db()
    assert client_row.is_restricted
    assert browser.post(action_url(client_row, "unrestrict")).status_code == 302
    client_row.refresh_from_db()
    assert not client_row.is_restricted
    assert WARNING not in browser.get(change_url(client_row)).content.decode()


def test_unrestricting_says_first_who_will_get_in(browser: Browser, client_row: Client, django_user_model: Any) -> None:
    asked = action_url(client_row, "unrestrict")
    page = browser.get(asked).content.decode()
    assert "Every active member will be able to sign in to Forge." in page
    assert "Today that is 1 member," in page
    assert "Until now, no one could sign in." in page
    django_user_model.objects.create(username="bob", email="bob@example.com")
    django_user_model.objects.create(username="eve", email="eve@example.com", is_active=False)
    client_row.allowed_groups.add(Group.objects.create(name="choir"))
    page = browser.get(asked).content.decode()
    assert "Today that is 2 members," in page
    assert "choir" in page
    assert "Until now, no one could sign in." not in page
    browser.post(asked)
    # Nothing is left to ask.
    assert browser.get(asked).headers["Location"] == change_url(client_row)


def test_a_group_ends_the_warning_and_its_deletion_brings_it_back(browser: Browser, client_row: Client) -> None:
    group = Group.objects.create(name="staff")
    browser.post(change_url(client_row), form_of(allowed_groups=[group.pk]))
    assert WARNING not in browser.get(change_url(client_row)).content.decode()
    group.delete()
    client_row.refresh_from_db()
    assert client_row.is_restricted
    assert WARNING in browser.get(change_url(client_row)).content.decode()


def test_the_actions_need_a_token_against_forged_requests(operator: Any, client_row: Client) -> None:
    browser = Browser(HTTP_HOST="localhost:1411", enforce_csrf_checks=True)
    browser.force_login(operator)
    for action in ("unrestrict", "secrets/add", f"secrets/{client_row.secrets.get().pk}/remove"):
        assert browser.post(action_url(client_row, action)).status_code == 403
    client_row.refresh_from_db()
    assert client_row.is_restricted
    assert client_row.secrets.count() == 1


def test_the_panel_says_what_discovery_says(browser: Browser, client_row: Client) -> None:
    page = browser.get(change_url(client_row)).content.decode()
    metadata = browser.get("/.well-known/openid-configuration").json()
    assert shown(page, "issuer") == metadata["issuer"]
    assert shown(page, "discovery") == f"{metadata['issuer']}/.well-known/openid-configuration"
    endpoints = {name for name in metadata if name.endswith("_endpoint") or name == "jwks_uri"}
    assert endpoints == {endpoint.metadata_name for endpoint in ENDPOINTS}
    for name in endpoints:
        assert shown(page, name) == metadata[name]
    # And nothing that is not there.
    assert set(re.findall(r'<code id="([a-z_-]+)">', page)) == {*endpoints, "issuer", "discovery", "client-id"}


def test_every_endpoint_has_a_name_for_people() -> None:
    for address in provider_addresses():
        assert str(address.label) != address.name


def test_who_loses_the_client_loses_its_tokens(browser: Browser, client_row: Client, operator: Any) -> None:
    staff, guests = Group.objects.create(name="staff"), Group.objects.create(name="guests")
    browser.post(change_url(client_row), form_of(allowed_groups=[staff.pk, guests.pk]))
    operator.groups.add(staff)
    token = AccessToken.objects.create(
        user=operator, application=client_row, token_checksum="0" * 64, expires="2999-01-01T00:00Z", scope="openid"
    )
    browser.post(change_url(client_row), form_of(allowed_groups=[staff.pk]))
    token.refresh_from_db()
    assert token.revoked is None
    browser.post(change_url(client_row), form_of(allowed_groups=[guests.pk]))
    token.refresh_from_db()
    assert token.revoked is not None


def test_making_a_client_public_removes_its_secrets(browser: Browser, client_row: Client) -> None:
    browser.post(change_url(client_row), form_of(is_public="on"))
    client_row.refresh_from_db()
    assert client_row.is_public
    assert not client_row.secrets.exists()
    assert "no secrets" in browser.post(action_url(client_row, "secrets/add"), NO_EXPIRY).content.decode()
    browser.post(change_url(client_row), form_of())
    browser.post(action_url(client_row, "secrets/add"), NO_EXPIRY)
    assert client_row.secrets.count() == 1


def test_deleting_a_client_takes_everything_with_it(browser: Browser, client_row: Client) -> None:
    browser.post(f"/admin/hearthkey_oidc_clients/client/{client_row.pk}/delete/", {"post": "yes"})
    assert not Client.objects.exists()
    assert not ClientSecret.objects.exists()
    assert not Grant.objects.exists()


def test_the_page_leads_to_the_app_itself_when_it_has_an_address(browser: Browser, client_row: Client) -> None:
    page = browser.get(change_url(client_row)).content.decode()
    assert "viewsitelink" not in page
    assert "View on site" not in page
    browser.post(change_url(client_row), form_of(launch_url="https://app.example.com/start"))
    page = browser.get(change_url(client_row)).content.decode()
    assert 'href="https://app.example.com/start" class="viewsitelink"' in page
    assert "Open Forge</a>" in page
    assert "View on site" not in page
    assert "History" in page


def test_each_change_is_told_once_with_its_fields_and_actor(browser: Browser, operator: Any) -> None:
    told: list[Any] = []

    def note(event: Any, **_rest: Any) -> None:
        told.append(event)

    signals = (client_created, client_changed, client_deleted)
    for signal in signals:
        signal.connect(note)
    try:
        browser.post(ADD, form_of())
        client = Client.objects.get()
        browser.post(change_url(client), form_of())
        browser.post(change_url(client), form_of(name="Other", pkce_required="on"))
        browser.post(f"/admin/hearthkey_oidc_clients/client/{client.pk}/delete/", {"post": "yes"})
    finally:
        for signal in signals:
            signal.disconnect(note)
    by = str(operator.pk)
    assert told == [
        ClientCreated(client.client_id, "Forge", actor=by),
        ClientChanged(
            client.client_id,
            "Other",
            fields=("name", "pkce_required"),
            changes={
                "name": {"before": "Forge", "after": "Other"},
                "pkce_required": {"before": False, "after": True},
            },
            actor=by,
        ),
        ClientDeleted(client.client_id, "Other", actor=by),
    ]


def test_the_list_says_who_gets_in(browser: Browser, client_row: Client) -> None:
    page = browser.get(reverse("admin:hearthkey_oidc_clients_client_changelist")).content.decode()
    assert "No one" in page
    assert client_row.client_id in page


# L11, V44
@pytest.mark.parametrize("model", ["grant", "accesstoken", "refreshtoken", "idtoken", "devicegrant", "application"])
def test_tokens_and_codes_have_no_page(browser: Browser, model: str) -> None:
    assert browser.get(f"/admin/hearthkey_oidc_clients/{model}/").status_code == 404
    assert browser.get(f"/admin/oauth2_provider/{model}/").status_code == 404
