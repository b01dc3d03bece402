from __future__ import annotations

import hashlib
import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core import serializers
from django.test import Client as Browser

from accounts.models import GroupDetails
from config.wiring.adapters import group_label, selectable_groups
from oidc_clients.models import Client, ClientSecret

from .conftest import ADD, CALLBACK, action_url, change_url, form_of, shown

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    """Every row of every table, as text."""
    rows = (row for model in apps.get_models(include_auto_created=True) for row in model._default_manager.all())
    return serializers.serialize("json", rows)


def test_adding_answers_the_post_itself_with_id_and_secret_once(browser: Browser) -> None:  # D04
    answer = browser.post(ADD, form_of())
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    client = Client.objects.get()
    secret = shown(page, "client-secret")
    assert shown(page, "client-id") == client.client_id
    assert client.secrets.get().digest == hashlib.sha256(secret.encode()).hexdigest()
    assert client.is_restricted
    assert not client.allowed_groups.exists()
    # Nowhere else: not on the next page, in the session, in a message or a table.
    assert secret not in browser.get(change_url(client)).content.decode()
    assert secret not in repr(dict(browser.session.items()))
    assert secret not in everything_stored()
    assert secret[:4] in everything_stored()


def test_the_shown_page_has_a_copy_button_for_each_value_and_nothing_inline(browser: Browser) -> None:
    page = browser.post(ADD, form_of()).content.decode()
    for name in ("client-id", "client-secret", "issuer", "discovery", "token_endpoint"):
        assert f'data-copy-target="{name}"' in page
    assert "<style" not in page
    assert " style=" not in page
    assert 'src="/static/hearthkey/oidc_clients/copy.js"' in page
    assert 'role="status"' in page


def test_a_public_client_gets_no_secret(browser: Browser) -> None:
    answer = browser.post(ADD, form_of(is_public="on"))
    assert answer.status_code == 200
    assert 'id="client-secret"' not in answer.content.decode()
    assert Client.objects.get().is_public
    assert not ClientSecret.objects.exists()


def test_id_and_secret_move_here_unchanged(browser: Browser) -> None:
    page = browser.post(ADD, form_of(chosen_id="forge.old", chosen_secret="an-old-secret-16")).content.decode()
    assert shown(page, "client-id") == "forge.old"
    assert shown(page, "client-secret") == "an-old-secret-16"


@pytest.mark.parametrize("secret", ["fifteen-letters", "with a tab\tin it!!", "schlüssel-mit-umlaut"])
def test_a_supplied_secret_that_is_short_or_unprintable_is_refused(browser: Browser, secret: str) -> None:
    answer = browser.post(ADD, form_of(chosen_secret=secret))
    assert "at least 16" in answer.content.decode()
    # The form is shown again without it.
    assert secret not in answer.content.decode()
    assert not Client.objects.exists()


def test_a_used_id_is_refused_beside_its_field(browser: Browser) -> None:
    browser.post(ADD, form_of(chosen_id="forge"))
    answer = browser.post(ADD, form_of(chosen_id="forge", name="Second"))
    assert "Another client has this client ID." in answer.content.decode()
    assert Client.objects.get().name == "Forge"
    browser.post(ADD, form_of(chosen_id="forge2", name="Second"))
    assert Client.objects.count() == 2


def test_every_switch_and_address_is_kept(browser: Browser) -> None:
    group = Group.objects.create(name="staff")
    browser.post(
        ADD,
        form_of(
            description="Code",
            launch_url="https://app.example.com/",
            redirect_uris=f"{CALLBACK}\r\n\r\nhttp://nas.lan/cb\r\n{CALLBACK}",
            post_logout_redirect_uris="https://app.example.com/bye",
            pkce_required="on",
            requires_fresh_passkey="on",
            skip_authorization="on",
            issues_refresh_tokens=None,
            is_restricted=None,
            allowed_groups=[group.pk],
        ),
    )
    client = Client.objects.get()
    assert client.redirect_uris == [CALLBACK, "http://nas.lan/cb"]
    assert client.post_logout_redirect_uris == ["https://app.example.com/bye"]
    assert (client.pkce_required, client.requires_fresh_passkey, client.skip_authorization) == (True, True, True)
    assert (client.issues_refresh_tokens, client.is_restricted) == (False, False)
    assert list(client.allowed_groups.all()) == [group]
    assert "unencrypted" in browser.get(change_url(client)).content.decode()


@pytest.mark.parametrize("launch_url", ["javascript:alert(1)", "app", "https://", "https://ok@evil.example/"])
def test_a_launch_url_is_a_web_address(browser: Browser, launch_url: str) -> None:
    assert "Enter a web address" in browser.post(ADD, form_of(launch_url=launch_url)).content.decode()
    assert not Client.objects.exists()


def test_groups_are_offered_by_both_their_names_in_one_statement(
    browser: Browser, django_assert_num_queries: Any
) -> None:
    for name in ("kitchen_staff", "garden"):
        group = Group.objects.create(name=name)
        GroupDetails.objects.create(group=group, friendly_name=name.replace("_", " ").capitalize())
    Group.objects.create(name="plain")
    offered = re.findall(r"<option[^>]*>([^<]*)</option>", browser.get(ADD).content.decode())
    assert {"Garden (garden)", "Kitchen staff (kitchen_staff)", "plain"} <= set(offered)
    with django_assert_num_queries(1):
        assert len([group_label(group) for group in selectable_groups()]) == 3


def test_secrets_never_reach_a_log_at_any_level(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:  # D07
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)  # Unlike setLevel(), it is taken back at the end.
    browser.post(ADD, form_of(chosen_secret="canary-secret-one"))
    client = Client.objects.get()
    generated = shown(browser.post(action_url(client, "secrets/add"), _expiry()).content.decode(), "client-secret")
    browser.post(action_url(client, "secrets/add"), _expiry(supplied="canary-secret-two"))
    browser.post(ADD, form_of(name="", chosen_secret="canary-secret-six"))
    assert client.secrets.count() == 3
    assert any(record.name == "django.template" for record in caplog.records)  # It writes whole contexts.
    text = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for canary in ("canary-secret-one", "canary-secret-two", "canary-secret-six", generated):
        assert canary not in text


def _expiry(**changed: Any) -> dict[str, Any]:
    return {"supplied": "", "expires_at_0": "", "expires_at_1": "", **changed}


def test_who_lacks_the_permission_adds_nothing(db: None, django_user_model: Any) -> None:
    staff = django_user_model.objects.create(username="bob", email="bob@example.com", first_name="Bob", is_staff=True)
    django_user_model.objects.create(username="root", email="r@example.com", first_name="R", is_superuser=True)
    browser = Browser(HTTP_HOST="localhost:1411")
    browser.force_login(staff)
    assert browser.post(ADD, form_of()).status_code == 403
    assert not Client.objects.exists()
    staff.user_permissions.add(Permission.objects.get(codename="add_client"))
    assert browser.post(ADD, form_of()).status_code == 200
    assert Client.objects.exists()
    client = Client.objects.get()
    assert browser.post(action_url(client, "unrestrict")).status_code == 403
    assert browser.post(action_url(client, "secrets/add"), _expiry()).status_code == 403
    assert browser.get(change_url(client)).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_client"))
    staff = django_user_model.objects.get(pk=staff.pk)
    page = browser.get(change_url(client))
    assert page.status_code == 200
    assert "unrestrict/" not in page.content.decode()
    assert "Add a secret" not in page.content.decode()
