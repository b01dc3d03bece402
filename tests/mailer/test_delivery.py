"""What becomes of a mail: sent, tried again, given up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.models import Event
from mailer import services
from mailer.exceptions import UnknownKind
from mailer.models import Message
from mailer.services import delivery
from mailer.services.delivery import Outcome, deliver, deliver_waiting, give_up_expired
from tests.support.mailer.mail_server import MailServer, text_of
from tests.support.mailer.outbox import put, try_again
from tests.support.racing import at_once, numbered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_waits")]


def failures() -> list[Event]:
    return list(Event.objects.filter(name="mail_failed"))


def test_a_mail_leaves_and_nothing_of_it_stays(post: MailServer) -> None:
    message = put(to="ada@example.com")
    assert deliver(message_id=message.pk) is Outcome.SENT
    (letter,) = post.taken
    assert post.recipients == [["ada@example.com"]]
    assert (letter["To"], letter["From"]) == ("ada@example.com", "Hearthkey <login@id.example.com>")
    assert letter["Message-ID"] == f"<{message.pk}@id.example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"]
    assert "Firefox on Windows" in text_of(letter)
    assert "Firefox on Windows" in text_of(letter, "html")
    assert not Message.objects.exists()
    assert failures() == []


def test_a_refusal_for_now_is_followed_by_another_try(post: MailServer) -> None:
    post.answers = ["451 Come back later", "250 Taken"]
    message = put()
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    waiting = Message.objects.get()
    assert "451 Come back later" in waiting.last_error
    assert timedelta(seconds=20) < waiting.due_at - timezone.now() < timedelta(seconds=40)
    assert deliver(message_id=message.pk) is Outcome.NOT_OURS
    assert try_again(message) is Outcome.SENT
    assert len(post.taken) == 1
    assert failures() == []


def test_the_pauses_double_up_to_two_hours(post: MailServer) -> None:
    post.answers = ["451 Come back later"]
    message, pauses = put(), []
    for _number in range(12):
        assert try_again(message) is Outcome.DELAYED
        pauses.append((Message.objects.get().due_at - timezone.now()).total_seconds())
    for number, pause in enumerate(pauses):
        right = min(30 * 2**number, 7200)
        assert 0.75 * right < pause < 1.25 * right


def test_a_refusal_for_good_gives_up_and_is_told(post: MailServer) -> None:  # L12
    post.answers = ["550 No such person"]
    message = put()
    assert deliver(message_id=message.pk) is Outcome.GIVEN_UP
    assert not Message.objects.exists()
    (event,) = failures()
    assert event.data["reason"] == "refused"
    assert "550 No such person" in event.data["answer"]
    assert "Sign-in from a new device or place" in event.sentence


@pytest.mark.parametrize(("seconds", "outcome"), [(-1, Outcome.GIVEN_UP), (60, Outcome.SENT)])
def test_a_mail_is_given_up_when_its_time_is_over(post: MailServer, seconds: int, outcome: Outcome) -> None:
    message = put()
    Message.objects.update(expires_at=timezone.now() + timedelta(seconds=seconds))
    assert deliver(message_id=message.pk) is outcome
    assert [event.data["reason"] for event in failures()] == (["expired"] if seconds < 0 else [])
    assert len(post.taken) == (seconds > 0)
    assert not Message.objects.exists()


def test_what_was_never_tried_again_is_given_up_by_the_sweep(post: MailServer) -> None:
    old, young = put(), put()
    Message.objects.filter(pk=old.pk).update(expires_at=timezone.now(), last_error="451 Later")
    assert give_up_expired() == 1
    assert list(Message.objects.values_list("pk", flat=True)) == [young.pk]
    assert [event.data["answer"] for event in failures()] == ["451 Later"]
    assert give_up_expired() == 0


def test_a_codes_mail_goes_when_the_code_does(post: MailServer) -> None:
    ends_at = timezone.now() + timedelta(minutes=5)
    assert put("login_code", expires_at=ends_at.isoformat()).expires_at == ends_at
    assert put("login_code").expires_at > ends_at


def test_a_wrong_password_may_be_put_right_while_mails_wait(settings: Any) -> None:
    from tests.support.mailer.mail_server import PASSWORD, USER, mail_server  # noqa: PLC0415

    with mail_server(auth=True) as server:
        server.settings(settings, USER=USER, PASSWORD="wrong")
        message = put()
        assert deliver(message_id=message.pk) is Outcome.DELAYED
        assert "535" in Message.objects.get().last_error
        settings.HEARTHKEY_MAILER_PASSWORD = PASSWORD
        assert try_again(message) is Outcome.SENT


def test_nobody_there_is_waited_for(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        MailServer(port=free.getsockname()[1]).settings(settings)
    message = put()
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    assert "can't be reached" in Message.objects.get().last_error


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of somebody who takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_silent_server_is_given_its_time_and_no_more(settings: Any, silent: int) -> None:
    MailServer(port=silent).settings(settings, TIMEOUT=timedelta(seconds=0.3))
    message, began = put(), time.monotonic()
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    assert time.monotonic() - began < 5
    assert "did not answer in time" in Message.objects.get().last_error


def test_a_mail_that_was_taken_is_not_sent_again_because_the_goodbye_failed(settings: Any) -> None:
    taken: list[bytes] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        MailServer(port=listener.getsockname()[1]).settings(settings, TIMEOUT=timedelta(seconds=1))
        thread = threading.Thread(target=_take_one_and_fall_silent, args=(listener, taken))
        thread.start()
        assert deliver(message_id=put().pk) is Outcome.SENT
        thread.join(10)
    assert len(taken) == 1
    assert not Message.objects.exists()


def _take_one_and_fall_silent(listener: socket.socket, taken: list[bytes]) -> None:
    connection, _address = listener.accept()
    with connection, connection.makefile("rwb") as stream:
        stream.write(b"220 hello\r\n")
        stream.flush()
        in_data = False
        for line in stream:
            if in_data and line != b".\r\n":
                continue
            if in_data:
                taken.append(line)
                in_data = False
            if line.upper().startswith(b"QUIT"):
                time.sleep(1.5)
                return
            in_data = line.upper().startswith(b"DATA")
            stream.write(b"354 go on\r\n" if in_data else b"250 fine\r\n")
            stream.flush()


def test_one_round_sends_all_that_is_due_and_stops_at_trouble(post: MailServer) -> None:
    for _number in range(3):
        put()
    assert deliver_waiting() == 3
    put()
    put()
    post.answers = ["451 Later"]
    assert deliver_waiting() == 0
    assert post.tried == 4


def test_a_key_that_is_gone_gives_the_mail_up(post: MailServer, settings: Any) -> None:
    message = put()
    settings.HEARTHKEY_MAILER_ENCRYPTION_KEYS = ["A" * 43 + "="]
    assert deliver(message_id=message.pk) is Outcome.GIVEN_UP
    assert [event.data["reason"] for event in failures()] == ["unreadable"]


def test_an_older_key_in_the_list_still_reads(post: MailServer, settings: Any) -> None:
    settings.HEARTHKEY_MAILER_ENCRYPTION_KEYS = ["A" * 43 + "="]
    message = put()
    settings.HEARTHKEY_MAILER_ENCRYPTION_KEYS = ["B" * 42 + "A=", "A" * 43 + "="]
    assert deliver(message_id=message.pk) is Outcome.SENT


@pytest.mark.parametrize(("setting", "value"), [("HOST", ""), ("KINDS_OFF", frozenset({"new_sign_in"}))])
def test_what_is_switched_off_is_not_even_written_down(
    post: MailServer, settings: Any, setting: str, value: Any
) -> None:
    assert services.send(kind="new_sign_in", to="ada@example.com", variables={}) is True
    Message.objects.all().delete()
    setattr(settings, f"HEARTHKEY_MAILER_{setting}", value)
    assert services.send(kind="new_sign_in", to="ada@example.com", variables={}) is False
    assert services.is_on() is bool(setting != "HOST")
    assert not Message.objects.exists()


@pytest.mark.parametrize("to", ["", "ada", "a@b.com\nBcc: c@d.com", "a@b.com, c@d.com", "a@" + "b" * 400 + ".com"])
def test_what_is_no_address_gets_no_mail(post: MailServer, to: str) -> None:  # M08
    assert services.send(kind="test", to=to, variables={}) is False
    assert not Message.objects.exists()


def test_a_kind_that_nobody_knows_is_an_error(post: MailServer) -> None:
    with pytest.raises(UnknownKind):
        services.send(kind="else", to="ada@example.com", variables={})


def test_a_broken_template_lets_the_mail_wait(post: MailServer, settings: Any) -> None:
    from mailer.services.kinds import Kind  # noqa: PLC0415

    settings.HEARTHKEY_MAILER_KINDS = [Kind("without_template", "Ours")]
    assert services.send(kind="without_template", to="ada@example.com", variables={})
    message = Message.objects.get()
    assert deliver(message_id=message.pk) is Outcome.DELAYED
    assert Message.objects.get().last_error == "TemplateDoesNotExist"


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_undone_sends_nothing(post: MailServer) -> None:
    with transaction.atomic():
        put()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends(post: MailServer) -> None:
    message = put()
    post.slowness = 0.2
    outcomes = at_once(numbered(8, lambda _number: deliver(message_id=message.pk)))
    assert sorted(outcome.value for outcome in outcomes) == ["nothing to do"] * 7 + ["sent"]
    assert post.tried == len(post.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_send_each_mail_once(post: MailServer) -> None:
    messages = {f"<{put().pk}@id.example.com>" for _number in range(10)}
    assert sum(at_once(numbered(2, lambda _number: deliver_waiting()))) == 10
    assert len(post.taken) == 10
    assert {letter["Message-ID"] for letter in post.taken} == messages


def test_a_dead_workers_mail_comes_due_by_itself(post: MailServer) -> None:
    message = put()
    claimed = delivery._claim(message.pk)
    assert claimed is not None
    assert deliver(message_id=message.pk) is Outcome.NOT_OURS
    assert deliver_waiting() == 0
    assert try_again(message) is Outcome.SENT
    assert post.taken[0]["Message-ID"] == f"<{message.pk}@id.example.com>"
