"""The pages that operators only read: signing keys, and sign-outs on their way to clients."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Event
from config.models import Job
from oidc_clients.models import Client, LogoutDelivery, SigningKey
from oidc_clients.protocol.logout import MAX_ATTEMPTS
from oidc_clients.services.keys import ensure_signing_key

pytestmark = pytest.mark.django_db
KEYS = "/admin/hearthkey_oidc_clients/signingkey/"
DELIVERIES = "/admin/hearthkey_oidc_clients/logoutdelivery/"


@pytest.fixture
def key() -> SigningKey:
    return ensure_signing_key()


@pytest.fixture
def deliveries() -> dict[str, LogoutDelivery]:
    client = Client.objects.create(client_id="forge", name="Forge", client_type="confidential")
    return {
        name: LogoutDelivery.objects.create(client=client, sub="sub-of-bob", sid="sid", **values)
        for name, values in {
            "waiting": {},
            "failed": {"attempts": 3, "last_error": "The client answered 500."},
            "delivered": {"attempts": 1, "delivered_at": timezone.now()},
        }.items()
    }


def test_keys_are_shown_with_state_and_dates_and_without_their_private_part(browser: Browser, key: SigningKey) -> None:
    listed = browser.get(KEYS).content.decode()
    page = browser.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert "In use" in listed
    assert key.kid in page
    for shown in (listed, page):
        assert "private" not in shown.lower()
        assert key.private_key[:20] not in shown
        assert "addlink" not in shown.split('id="content"', 1)[1]
        assert "deletelink" not in shown


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_keys_are_neither_added_nor_deleted_here(browser: Browser, key: SigningKey, page: str) -> None:
    address = KEYS + page.format(pk=key.pk)
    assert browser.get(address).status_code == 403
    assert browser.post(address, {"post": "yes"}).status_code == 403
    assert SigningKey.objects.get() == key


def test_a_posted_change_changes_nothing(browser: Browser, key: SigningKey) -> None:
    answer = browser.post(f"{KEYS}{key.pk}/change/", {"kid": "other", "state": "retired", "private_key": "x"})
    assert answer.status_code == 403
    after = SigningKey.objects.get()
    assert (after.kid, after.state, after.private_key) == (key.kid, key.state, key.private_key)


def test_the_selection_can_not_be_deleted(browser: Browser, key: SigningKey) -> None:
    browser.post(KEYS, {"action": "delete_selected", "_selected_action": [key.pk], "post": "yes"})
    assert SigningKey.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("query", ["private_key__startswith=gAAAA", "private_key=x", "public_jwk__kty=RSA"])
def test_no_column_can_be_guessed_by_a_filter(browser: Browser, key: SigningKey, query: str) -> None:
    # A filter that only narrows the list would say letter by letter what the private part is.
    assert browser.get(f"{KEYS}?{query}").status_code == 400
    assert browser.get(f"{KEYS}?o=2").status_code == 200


def test_deliveries_say_what_waits_and_what_failed_and_why(
    browser: Browser, deliveries: dict[str, LogoutDelivery]
) -> None:
    page = browser.get(DELIVERIES).content.decode()
    for word in ("Waiting", "Failed", "Delivered", "Forge", "The client answered 500."):
        assert word in page
    for outcome, delivery in deliveries.items():
        filtered = browser.get(f"{DELIVERIES}?outcome={outcome}").content.decode()
        assert {name: str(row.pk) in filtered for name, row in deliveries.items()} == {
            name: name == outcome for name in deliveries
        }
        assert browser.get(f"{DELIVERIES}{delivery.pk}/change/").status_code == 200
    assert browser.get(f"{DELIVERIES}?q=sub-of-bob").status_code == 200
    assert browser.get(f"{DELIVERIES}?outcome=other").status_code in {200, 302}


def test_deliveries_are_neither_added_nor_changed_nor_deleted_here(
    browser: Browser, deliveries: dict[str, LogoutDelivery]
) -> None:
    waiting = deliveries["waiting"].pk
    for page in ("add/", f"{waiting}/delete/", f"{waiting}/change/"):
        assert browser.post(DELIVERIES + page, {"post": "yes"}).status_code == 403
    assert LogoutDelivery.objects.count() == 3


@pytest.mark.parametrize(("address", "codename"), [(KEYS, "view_signingkey"), (DELIVERIES, "view_logoutdelivery")])
def test_staff_needs_the_permission_to_look(
    browser: Browser, django_user_model: Any, address: str, codename: str
) -> None:
    staff = django_user_model.objects.create(username="bob", email="bob@example.com", is_staff=True)
    browser.force_login(staff)
    assert browser.get(address).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename=codename))
    assert browser.get(address).status_code == 200


def test_staff_who_may_only_look_at_clients_sees_every_setting(browser: Browser, django_user_model: Any) -> None:
    client = Client.objects.create(
        client_id="forge",
        name="Forge",
        client_type="confidential",
        redirect_uris=["https://app.example.com/cb"],
        backchannel_logout_uri="https://app.example.com/out",
    )
    staff = django_user_model.objects.create(username="bob", email="bob@example.com", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_client"))
    browser.force_login(staff)
    page = browser.get(f"/admin/hearthkey_oidc_clients/client/{client.pk}/change/").content.decode()
    assert "https://app.example.com/out" in page
    assert 'name="jwks"' not in page


@pytest.fixture
def given_up(deliveries: dict[str, LogoutDelivery], operator: Any) -> LogoutDelivery:
    found = deliveries["failed"]
    found.attempts, found.sub = MAX_ATTEMPTS, str(operator.pk)
    found.save()
    return found


def test_what_failed_for_good_is_tried_again_by_its_button(browser: Browser, given_up: LogoutDelivery) -> None:
    page = f"{DELIVERIES}{given_up.pk}/"
    assert "Retry" in browser.get(f"{page}change/").content.decode()
    answer = browser.post(f"{page}retry/", follow=True)
    assert "1 client again." in answer.content.decode()
    assert "Retry" not in answer.content.decode(), "It is on its way"
    given_up.refresh_from_db()
    assert (given_up.attempts, given_up.last_error) == (0, "")
    assert Job.objects.get(task="oidc_clients.tasks.deliver_logout").arguments["args"] == [str(given_up.pk)]
    event = Event.objects.get(name="logout_retried")
    assert (event.actor_name, event.subject_id, event.client_id) == ("ada", given_up.sub, "forge")
    assert "Only failed notifications" in browser.post(f"{page}retry/", follow=True).content.decode()
    assert Job.objects.filter(task="oidc_clients.tasks.deliver_logout").count() == 1


def test_of_a_selection_only_what_failed_for_good_is_tried_again(
    browser: Browser, deliveries: dict[str, LogoutDelivery], given_up: LogoutDelivery
) -> None:
    chosen = {"action": "try_again", "_selected_action": [str(row.pk) for row in deliveries.values()]}
    answer = browser.post(DELIVERIES, chosen, follow=True).content.decode()
    assert "1 client again." in answer
    assert "Only failed notifications are retried" in answer
    assert Job.objects.filter(task="oidc_clients.tasks.deliver_logout").count() == 1


@pytest.mark.parametrize(("codename", "accepted"), [("view_client", False), ("change_client", True)])
def test_who_may_not_change_clients_tries_nothing_again(
    given_up: LogoutDelivery, django_user_model: Any, codename: str, accepted: bool
) -> None:
    staff = django_user_model.objects.create(username="bob", email="bob@example.com", is_staff=True)
    names = ("view_logoutdelivery", codename)
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    operator = Browser(HTTP_HOST="localhost:1411")
    operator.force_login(staff)
    page = f"{DELIVERIES}{given_up.pk}/"
    assert ("Retry" in operator.get(f"{page}change/").content.decode()) is accepted
    assert operator.post(f"{page}retry/").status_code == (302 if accepted else 403)
    assert Job.objects.filter(task="oidc_clients.tasks.deliver_logout").exists() is accepted
    assert operator.get(f"{page}retry/").status_code == 405


def test_pages_that_nobody_changes_offer_no_history(
    browser: Browser, key: SigningKey, deliveries: dict[str, LogoutDelivery]
) -> None:
    for address in (f"{KEYS}{key.pk}/change/", f"{DELIVERIES}{deliveries['failed'].pk}/change/"):
        assert "/history/" not in browser.get(address).content.decode()
