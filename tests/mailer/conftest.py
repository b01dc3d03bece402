from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.mailer.mail_server import MailServer, mail_server


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    """A plain mail server that the mailer uses."""
    with mail_server() as server:
        server.settings(settings)
        yield server


@pytest.fixture
def _waits(settings: Any) -> None:
    """Let mails wait until a test delivers them."""
    settings.HEARTHKEY_MAILER_ENQUEUE = "tests.support.mailer.outbox.leave"
