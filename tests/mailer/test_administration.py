"""What operators see of the mail: what waits, how mails look, and what the server says to a test."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailer.models import Message
from mailer.services.kinds import _OWN
from tests.support.audit.people import make, operator, signed_in
from tests.support.mailer.mail_server import MailServer, text_of
from tests.support.mailer.outbox import put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_waits")]

LIST = "/admin/hearthkey_mailer/message/"
TEST = f"{LIST}test/"
PREVIEWS = f"{LIST}previews/"


def boss() -> Client:
    return signed_in(make("olga", is_staff=True, is_superuser=True))


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_what_waits_is_listed_without_what_it_says(post: MailServer) -> None:
    message = put("login_code", link="https://id.example.com/lc/canary", code="CNRY-CODE")
    Message.objects.update(last_error="451 <b>Later</b>", due_at=timezone.now() + timedelta(minutes=6))
    browser = boss()
    for shown in (page(browser, LIST), page(browser, f"{LIST}{message.pk}/change/")):
        assert "Sign-in code from an administrator" in shown
        assert "ada@example.com" in shown
        assert "451 &lt;b&gt;Later&lt;/b&gt;" in shown
        assert "canary" not in shown
        assert "CNRY" not in shown
        assert message.variables not in shown


def test_nothing_is_added_changed_or_deleted_there(post: MailServer) -> None:
    message, browser = put(), boss()
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{message.pk}/change/", {"recipient": "x@example.com"}).status_code == 403
    assert browser.post(f"{LIST}{message.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Message.objects.get().recipient == "ada@example.com"


@pytest.mark.parametrize(
    ("path", "permission"), [(LIST, "view_message"), (PREVIEWS, "view_message"), (TEST, "send_test_mail")]
)
def test_operators_without_the_permission_see_nothing_of_it(path: str, permission: str) -> None:
    assert signed_in(operator()).get(path).status_code == 403
    user = operator_again(permission)
    assert signed_in(user).get(path).status_code == 200
    assert Client().get(path).status_code == 302
    assert signed_in(make("ada")).get(path).status_code == 403


def operator_again(*permissions: str) -> Any:
    from django.contrib.auth.models import Permission  # noqa: PLC0415

    user = make("oskar", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.parametrize("kind", [kind.name for kind in _OWN])
def test_each_kind_is_shown_plain_and_as_html(kind: str) -> None:
    browser = boss()
    assert f"{PREVIEWS}{kind}/" in page(browser, PREVIEWS)
    assert f'src="{PREVIEWS}{kind}/html/"' in page(browser, f"{PREVIEWS}{kind}/")
    answer = browser.get(f"{PREVIEWS}{kind}/html/")
    assert answer.content.startswith(b"<!doctype html>")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_kind_that_there_is_not_is_not_found() -> None:
    browser = boss()
    assert browser.get(f"{PREVIEWS}nothing/").status_code == 404
    assert browser.get(f"{PREVIEWS}nothing/html/").status_code == 404


def test_previews_say_what_is_switched_off(settings: Any) -> None:
    browser = boss()
    assert "switched off" not in page(browser, PREVIEWS)
    settings.HEARTHKEY_MAILER_KINDS_OFF = frozenset({"email_changed"})
    assert "switched off" in page(browser, PREVIEWS)


def test_a_test_mail_goes_to_the_operator_at_once_and_past_the_outbox(post: MailServer) -> None:
    browser = boss()
    assert "olga@example.com" in page(browser, TEST)
    assert post.tried == 0
    answer = browser.post(TEST)
    assert "The mail server accepted the mail to olga@example.com" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert post.recipients == [["olga@example.com"]]
    assert "olga requested it" in text_of(post.taken[0])
    assert not Message.objects.exists()


def test_the_servers_own_answer_is_shown_when_it_fails(post: MailServer) -> None:
    post.answers = ["554 <b>No</b> mail from you"]
    shown = boss().post(TEST).content.decode()
    assert "554 &lt;b&gt;No&lt;/b&gt; mail from you" in shown
    assert "The mail was not sent" in shown


def test_a_server_that_is_not_there_says_so(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        MailServer(port=free.getsockname()[1]).settings(settings)
    assert "can&#x27;t be reached" in boss().post(TEST).content.decode()


def test_without_a_server_or_an_address_there_is_nothing_to_send(post: MailServer, settings: Any) -> None:
    nobody = make("oskar", is_staff=True, is_superuser=True)
    type(nobody).objects.filter(pk=nobody.pk).update(email="")
    assert "has no email address" in signed_in(nobody).post(TEST).content.decode()
    settings.HEARTHKEY_MAILER_HOST = ""
    assert "No mail server is configured" in boss().post(TEST).content.decode()
    assert post.tried == 0


def test_another_site_can_send_none(post: MailServer) -> None:
    user = make("olga", is_staff=True, is_superuser=True)
    strict = signed_in(user, enforce_csrf_checks=True)
    assert strict.post(TEST).status_code == 403
    assert post.tried == 0
