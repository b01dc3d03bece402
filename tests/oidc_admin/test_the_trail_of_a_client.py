"""What the audit trail says about changed clients: before and after of each field, and never a secret."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from audit.models import Event
from oidc_clients.models import Client
from oidc_clients.services import clients

from .conftest import ADD, CALLBACK, action_url, change_url, form_of
from .test_logos import image_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_row(browser: Browser) -> Client:
    browser.post(ADD, form_of(chosen_secret="canary-first-secret"))
    return Client.objects.get()


def change() -> dict[str, Any]:
    data: dict[str, Any] = Event.objects.get(name="client_changed").data
    return data


def test_each_changed_field_has_its_before_and_after(browser: Browser, client_row: Client) -> None:
    choir, staff = Group.objects.create(name="choir"), Group.objects.create(name="staff")
    client_row.allowed_groups.add(staff)
    browser.post(
        change_url(client_row),
        form_of(
            name="Wiki",
            redirect_uris="https://wiki.example.com/cb",
            requires_fresh_passkey="on",
            allowed_groups=[choir.pk, staff.pk],
            logo=SimpleUploadedFile("logo.png", image_of("PNG"), "image/png"),
        ),
    )
    assert change()["changes"] == {
        "name": {"before": "Forge", "after": "Wiki"},
        "redirect_uris": {"before": [CALLBACK], "after": ["https://wiki.example.com/cb"]},
        "requires_fresh_passkey": {"before": False, "after": True},
        "allowed_groups": {"before": ["staff"], "after": ["choir", "staff"]},
        "logo": "changed",
    }
    assert sorted(change()["fields"]) == sorted(change()["changes"])


def test_making_a_client_public_tells_of_each_secret(browser: Browser, client_row: Client, operator: Any) -> None:
    second = {"supplied": "other-canary-secret", "expires_at_0": "", "expires_at_1": ""}
    browser.post(action_url(client_row, "secrets/add"), second)
    secrets = {str(secret.pk): secret.prefix for secret in client_row.secrets.all()}
    browser.post(change_url(client_row), form_of(is_public="on"))
    told = Event.objects.filter(name="client_secret_removed")
    assert {event.data["secret"]: event.data["prefix"] for event in told} == secrets
    assert {(event.client_id, event.actor_id) for event in told} == {(client_row.client_id, str(operator.pk))}
    assert change()["changes"] == {
        "client_type": {"before": "confidential", "after": "public"},
        "secrets": {"before": 2, "after": 0},
    }
    # A public client has none to lose.
    browser.post(change_url(client_row), form_of(is_public="on", name="Other"))
    assert told.count() == 2


def test_unrestricting_and_new_groups_are_told_alike(client_row: Client, operator: Any) -> None:
    choir = Group.objects.create(name="choir")
    clients.set_client_groups(client=client_row, groups=[choir], actor=operator)
    assert change()["changes"] == {"allowed_groups": {"before": [], "after": ["choir"]}}
    assert not clients.set_client_groups(client=client_row, groups=[choir], actor=operator)
    Event.objects.filter(name="client_changed").delete()
    clients.unrestrict_client(client=client_row, actor=operator)
    assert change()["changes"] == {"is_restricted": {"before": True, "after": False}}


def test_no_event_holds_a_secret_or_a_digest_or_an_image(browser: Browser, client_row: Client) -> None:
    logo = SimpleUploadedFile("logo.png", image_of("PNG"), "image/png")
    browser.post(change_url(client_row), form_of(is_public="on", logo=logo))
    trail = json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert "client_type" in trail
    assert "canary-first-secret" not in trail
    assert hashlib.sha256(b"canary-first-secret").hexdigest() not in trail
    assert "PNG" not in trail
