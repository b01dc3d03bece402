"""The test mail: sent at once, while somebody waits for the server's answer."""

from __future__ import annotations

import uuid
from typing import Any

from .. import conf
from .rendering import compose, render
from .smtp import hand_over


def send_test_mail(*, to: str, by: str, language: str = "", **variables: Any) -> None:
    """Send a test mail to ``to`` past the outbox.

    :param by: the user name of the operator who asked for it.
    :raises SendingFailed: with the server's own answer.
    """
    letter = render(kind="test", variables={**variables, "by": by}, language=language)
    hand_over(compose(letter, to=to, message_id=uuid.uuid4()), timeout=conf.trial_timeout())
