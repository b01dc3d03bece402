from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from oidc_clients.models import (
    AccessToken,
    Client,
    ClientSession,
    Consent,
    DeviceGrant,
    Grant,
    Interaction,
    LogoutDelivery,
    PushedRequest,
    RefreshToken,
)

from .conftest import ADD, form_of

pytestmark = pytest.mark.django_db
LIST = "/admin/hearthkey_oidc_clients/client/"


@pytest.fixture
def client_row(browser: Browser) -> Client:
    browser.post(ADD, form_of())
    return Client.objects.get()


def delete_url(client: Client) -> str:
    return f"{LIST}{client.pk}/delete/"


def lives(client: Client, user: Any) -> None:
    """The client has something of everything: a consent, tokens, a code, and a person on the consent page."""
    later = timezone.now() + timedelta(hours=1)
    Consent.objects.create(client=client, user=user, scopes=["openid"])
    AccessToken.objects.create(
        application=client, user=user, token_checksum="a" * 64, expires=later, scope="scope-in-a-row"
    )
    RefreshToken.objects.create(
        application=client, user=user, token_checksum="b" * 64, idle_expires_at=later, expires_at=later
    )
    Grant.objects.create(application=client, user=user, code="c" * 64, expires=later, redirect_uri="https://in.a.row/")
    for expires, completed in ((later, None), (later - timedelta(hours=2), None), (later, timezone.now())):
        Interaction.objects.create(
            client=client,
            parameters={"state": "state-in-a-row"},
            browser_digest="d" * 64,
            arrived_at=timezone.now(),
            expires_at=expires,
            completed_at=completed,
        )


def test_the_page_says_in_words_what_goes(browser: Browser, client_row: Client, operator: Any) -> None:
    lives(client_row, operator)
    page = unescape(browser.get(delete_url(client_row)).content.decode())
    assert "No one will be able to sign in to Forge." in page
    assert "1 secret." in page
    assert "The consent of 1 member." in page
    assert "The tokens of 1 member who is signed in." in page
    assert "2 sign-ins in progress, which will fail." in page
    rows = [*Interaction.objects.all(), *AccessToken.objects.all(), *Grant.objects.all()]
    assert not any(str(row.pk) in page for row in rows if len(str(row.pk)) > 8)
    for raw in ("in.a.row", "in-a-row", "pending sign-in", client_row.secrets.get().prefix + "…", "a" * 64):
        assert raw.lower() not in page.lower()


def test_sessions_devices_and_announced_sign_ins_are_counted(
    browser: Browser, client_row: Client, operator: Any
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=1)
    for number, ended in enumerate((None, None, now)):
        ClientSession.objects.create(client=client_row, user=operator, sid=f"sid-{number}", ended_at=ended)
    ClientSession.objects.create(client=client_row, user=operator, sid="signed-out", signed_out_at=now)
    for number, (expires, status) in enumerate(
        (
            (later, DeviceGrant.AUTHORIZATION_PENDING),
            (now, DeviceGrant.AUTHORIZATION_PENDING),
            (later, DeviceGrant.DENIED),
        )
    ):
        DeviceGrant.objects.create(
            client=client_row,
            device_code=f"device-{number}",
            user_code=f"user-{number}",
            expires=expires,
            status=status,
        )
    for number, (expires, used) in enumerate(((later, None), (later, now), (now, None))):
        PushedRequest.objects.create(
            client=client_row, uri_digest=f"uri-{number}", parameters={}, expires_at=expires, used_at=used
        )
    LogoutDelivery.objects.create(client=client_row, sub="sub", sid="signed-out")
    LogoutDelivery.objects.create(client=client_row, sub="sub", sid="told", delivered_at=now)
    page = unescape(browser.get(delete_url(client_row)).content.decode())
    assert "2 sessions. The app isn't notified" in page
    assert "1 pending sign-out notification, which won't be sent." in page
    assert "2 sign-ins in progress, which will fail." in page
    browser.post(delete_url(client_row), {"post": "yes"})
    for model in (ClientSession, DeviceGrant, PushedRequest, LogoutDelivery):
        assert not model.objects.exists()


def test_what_a_client_does_not_have_is_not_spoken_of(browser: Browser, client_row: Client) -> None:
    client_row.secrets.all().delete()
    page = browser.get(delete_url(client_row)).content.decode()
    for word in ("secret:", "agreed to share", "The tokens of", "in progress", "session", "sign-out"):
        assert word not in page


def test_several_clients_are_named_and_counted_together(browser: Browser, client_row: Client, operator: Any) -> None:
    browser.post(ADD, form_of(name="Wiki"))
    lives(client_row, operator)
    chosen = {"action": "delete_selected", "_selected_action": [client.pk for client in Client.objects.all()]}
    page = browser.post(LIST, chosen).content.decode()
    assert "<li>Forge</li>" in page
    assert "<li>Wiki</li>" in page
    assert "2 secrets." in page
    assert "in-a-row" not in page
    assert Client.objects.count() == 2
    browser.post(LIST, {**chosen, "post": "yes"})
    assert not Client.objects.exists()


def test_who_may_not_delete_is_refused_and_who_may_is_not(
    browser: Browser, client_row: Client, operator: Any, django_user_model: Any
) -> None:
    lives(client_row, operator)
    staff = django_user_model.objects.create(username="bob", email="bob@example.com", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_client"))
    browser.force_login(staff)
    assert browser.get(delete_url(client_row)).status_code == 403
    assert browser.post(delete_url(client_row), {"post": "yes"}).status_code == 403
    assert Client.objects.exists()
    staff.user_permissions.add(Permission.objects.get(codename="delete_client"))
    assert browser.get(delete_url(client_row)).status_code == 200
    assert browser.post(delete_url(client_row), {"post": "yes"}).status_code == 302
    assert not Client.objects.exists()
