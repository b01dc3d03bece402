"""Forms that are sent, and the mails that leave once they are through."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client, TestCase

PROFILE = "/account/profile"
SEND = "/account/profile/verification"


def send(client: Client, path: str, values: dict[str, Any] | None = None, **options: Any) -> Any:
    """Post a form; what waits for the end of its transaction happens."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(path, values or {}, **options)


def typed(user: Any, **changes: str) -> dict[str, str]:
    """Return the profile's form as the page shows it, with what somebody typed over it."""
    names = ("first_name", "last_name", "display_name", "username", "email", "locale")
    shown = {name: getattr(user, name) for name in names}
    return {**{f"initial-{name}": value for name, value in shown.items()}, **shown, **changes}


def recipients() -> list[str]:
    return [address for letter in mail.outbox for address in letter.to]


def link_to(address: str) -> str:
    """Return the path of the link in the last mail to this address that has one."""
    for letter in reversed(mail.outbox):
        found = re.search(r"(/verify-email\S+)", letter.body)
        if letter.to == [address] and found:
            return found[1]
    raise AssertionError(f"Nothing to verify was mailed to {address}.")
