from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.test import RequestFactory
from webauthn.helpers import bytes_to_base64url

from passkeys.services.handles import ensure_handle
from passkeys.services.owners import owner_details
from tests.support.passkeys.world import make_user

pytestmark = pytest.mark.django_db


def test_devices_are_told_what_they_were_told_when_the_passkey_was_made() -> None:
    ada = make_user("ada")
    handle = ensure_handle(ada)
    assert owner_details(user=ada) == {
        "rpId": "localhost",
        "userId": bytes_to_base64url(handle),
        "name": "ada",
        "displayName": ada.get_display_name(),
    }


def test_of_who_never_had_a_passkey_no_device_knows() -> None:
    ada = make_user("ada")
    assert owner_details(user=ada) is None
    assert owner_details(user=AnonymousUser()) is None
    request = RequestFactory().get("/")
    request.user = ada
    page = engines["django"].from_string("{% load hearthkey_passkeys %}{% passkey_owner %}")
    assert page.render({"request": request}, request).strip() == ""
    ensure_handle(ada)
    ada.refresh_from_db()
    assert "hearthkey-passkey-owner" in page.render({"request": request}, request)
