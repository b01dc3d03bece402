"""The test mail: sent at once, while somebody waits for the server's answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from .. import conf, signals
from ..exceptions import SendingFailed
from .rendering import compose, render
from .smtp import hand_over


def send_test_mail(*, to: str, by: str, actor: str | None = None, language: str = "", **variables: Any) -> None:
    """Send a test mail to ``to`` past the outbox.

    :param by: the username of the administrator who asked for it.
    :param actor: their primary key, for the event.
    :raises SendingFailed: with the server's own answer.
    """
    letter = render(kind="test", variables={**variables, "by": by}, language=language)
    try:
        hand_over(compose(letter, to=to, message_id=uuid.uuid4()), timeout=conf.trial_timeout())
    except SendingFailed as failure:
        failed = signals.TestMailFailed(to=to, answer=failure.answer, actor=actor)
        signals.test_mail_failed.send(sender=None, event=failed)
        raise
    with transaction.atomic():
        signals.test_mail_sent.send(sender=None, event=signals.TestMailSent(to=to, actor=actor))
