"""What a service refuses after the form was found good: nothing is written, and nothing that was typed is lost."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.signals import pre_save
from django.dispatch import Signal
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from oidc_clients.exceptions import ClientRefused, ClientSecretRefused, LogoRefused, OidcClientsError
from oidc_clients.models import Client, ClientLogo
from oidc_clients.signals import client_changed, client_created

from .conftest import ADD, change_url, form_of
from .test_logos import image_of

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Second",
    "description": "Typed with care",
    "launch_url": "https://app.example.com/start",
    "redirect_uris": "https://app.example.com/one\r\nhttps://app.example.com/two",
    "post_logout_redirect_uris": "https://app.example.com/bye",
    "pkce_required": "on",
}


@contextlib.contextmanager
def happening(signal: Signal, then: Callable[..., None], sender: Any = None) -> Iterator[None]:
    """Something happens between the form and the end of the transaction."""
    signal.connect(then, sender=sender, weak=False)
    try:
        yield
    finally:
        signal.disconnect(then, sender=sender)


def refuse_with(error: OidcClientsError) -> Callable[..., None]:
    def refuse(**_rest: Any) -> None:
        raise error

    return refuse


def assert_kept(page: str) -> None:
    for value in ("Second", "Typed with care", "https://app.example.com/start", "https://app.example.com/bye"):
        assert value in page
    assert "https://app.example.com/one\nhttps://app.example.com/two" in page.replace("\r", "")
    assert re.search(r'<input[^>]*name="pkce_required"[^>]* checked', page)


def errors_of(answer: Any) -> dict[str, list[str]]:
    """The errors as the page shows them, by field; ``__all__`` stands above the form."""
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    for texts in found.values():
        assert all(text in answer.content.decode() for text in texts)
    return dict(found)


def test_an_id_that_is_taken_at_the_last_moment_is_refused_beside_its_field(browser: Browser) -> None:
    def take_the_id(instance: Client, **_rest: Any) -> None:
        Client.objects.bulk_create([Client(client_id=instance.client_id, name="First", client_type="confidential")])

    with happening(pre_save, take_the_id, Client):
        answer = browser.post(ADD, form_of(**TYPED, chosen_id="forge"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert errors_of(answer) == {"chosen_id": ["Another client has this client ID."]}
    assert 'value="forge"' in page
    assert_kept(page)
    assert not Client.objects.filter(name="Second").exists()
    # Once more, without the other client.
    assert "Copy the secret now." in browser.post(ADD, form_of(**TYPED, chosen_id="forge")).content.decode()


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (ClientRefused("Not so.", field="redirect_uris"), "redirect_uris"),
        (ClientSecretRefused("Not so."), "chosen_secret"),
        (LogoRefused("Not so."), "logo"),
    ],
)
def test_each_refusal_stands_at_its_field_and_undoes_everything(
    browser: Browser, error: OidcClientsError, place: str
) -> None:
    logo = SimpleUploadedFile("logo.png", image_of("PNG"), "image/png")
    with happening(client_created, refuse_with(error)):
        answer = browser.post(ADD, form_of(**TYPED, logo=logo, chosen_secret="a-secret-from-there"))
    page = answer.content.decode()
    assert errors_of(answer) == {place: ["Not so."]}
    assert "a-secret-from-there" not in page
    assert_kept(page)
    assert not Client.objects.exists()
    assert not ClientLogo.objects.exists()
    assert not Event.objects.filter(name="client_created").exists()


def test_a_refused_change_keeps_what_was_typed_and_what_is_stored(browser: Browser) -> None:
    browser.post(ADD, form_of())
    client = Client.objects.get()
    logo = SimpleUploadedFile("logo.png", image_of("PNG"), "image/png")
    with happening(client_changed, refuse_with(ClientRefused("Not so."))):
        answer = browser.post(change_url(client), form_of(**TYPED, logo=logo))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert errors_of(answer) == {"__all__": ["Not so."]}
    assert_kept(page)
    client.refresh_from_db()
    assert client.name == "Forge"
    assert not ClientLogo.objects.exists()
    # The logo is read from its beginning each time.
    logo.seek(0)
    assert browser.post(change_url(client), form_of(**TYPED, logo=logo)).status_code == 302
    client.refresh_from_db()
    assert client.name == "Second"
    assert ClientLogo.objects.exists()


def test_looking_at_a_form_takes_no_write_lock(browser: Browser) -> None:
    def begins(work: Callable[[], Any]) -> bool:
        with CaptureQueriesContext(connection) as queries:
            work()
        return any(query["sql"].startswith(("SAVEPOINT", "BEGIN")) for query in queries)

    browser.post(ADD, form_of())
    url = change_url(Client.objects.get())
    assert not begins(lambda: browser.get(ADD))
    assert not begins(lambda: browser.get(url))
    assert begins(lambda: browser.post(url, form_of(name="Other")))
