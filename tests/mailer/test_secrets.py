"""What opens an account, or the mail server, stands nowhere in clear but in the mail that is made for it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection

from mailer.models import Message
from mailer.services.delivery import Outcome, deliver
from tests.support.mailer.mail_server import MailServer, text_of
from tests.support.mailer.outbox import put, try_again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_waits")]

LINK = "https://id.example.com/lc/canary-of-a-link"
CODE = "CNRY-7C0D-EX4Z"
PASSWORD = "canary-of-a-password"
CANARIES = (LINK, "canary-of-a-link", CODE, CODE.replace("-", ""), PASSWORD)


def database() -> str:
    """Return everything that stands in the database."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged on this side: the mail server of the tests logs all that it hears."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


def assert_nowhere(text: str) -> None:
    for canary in CANARIES:
        assert canary.lower() not in text.lower()


@pytest.mark.parametrize("answer", ["250 Taken", "451 Later", "550 Never"])
def test_in_no_table_and_no_log_whatever_the_server_says(  # L12
    post: MailServer, settings: Any, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.HEARTHKEY_MAILER_PASSWORD = PASSWORD
    post.answers, post.repeats_the_mail = [answer], True
    message = put("login_code", link=LINK, code=CODE)
    assert_nowhere(database())
    outcome = deliver(message_id=message.pk)
    assert outcome is {"2": Outcome.SENT, "4": Outcome.DELAYED, "5": Outcome.GIVEN_UP}[answer[0]]
    assert post.tried == 1
    dump = database()
    assert_nowhere(dump)
    assert_nowhere(ours(caplog))
    if answer[0] == "5":
        assert "sent you a way to sign in" in dump, "the server's answer is told, without the secrets"
    if answer[0] == "2":
        (letter,) = post.taken
        for kind in ("plain", "html"):
            assert LINK in text_of(letter, kind)
            assert CODE in text_of(letter, kind)
            assert PASSWORD not in text_of(letter, kind)
        assert CODE not in str(letter["Subject"])


def test_the_variables_go_with_the_row(post: MailServer) -> None:
    post.answers = ["451 Later", "250 Taken"]
    message = put("login_code", link=LINK, code=CODE)
    stored = message.variables
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    assert stored in database()
    assert try_again(message) is Outcome.SENT
    assert stored not in database()
    assert not Message.objects.exists()


def test_the_password_is_in_no_error_when_the_log_in_fails(
    post: MailServer, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.HEARTHKEY_MAILER_USER, settings.HEARTHKEY_MAILER_PASSWORD = "postman", PASSWORD
    message = put()
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    assert_nowhere(database())
    assert_nowhere(ours(caplog))
    assert PASSWORD not in repr(message)
