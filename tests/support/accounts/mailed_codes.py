"""Codes that are asked for by mail: what a browser asks, what the worker does, and the mails that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.test import Client

ADDRESS = "ada@example.com"
SENT: list[tuple[str, str, Mapping[str, Any]]] = []
WAITING: list[tuple[Any, tuple[Any, ...]]] = []


def take_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    SENT.append((kind, to, variables))
    return True


def decline_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    return False


def take_task(task: Any, *args: Any, **kwargs: Any) -> None:
    WAITING.append((task, args))


def work() -> None:
    """Do what the worker does."""
    while WAITING:
        task, args = WAITING.pop(0)
        task.call(*args)


def yes() -> bool:
    return True


def no() -> bool:
    return False


def ask(client: Client, address: str = ADDRESS, **more: str) -> Any:
    return client.post("/login/code", {"email": address, **more})


def mailed(client: Client) -> Mapping[str, Any]:
    """Ask in this browser and return what the mail holds."""
    assert ask(client).status_code == 200
    work()
    kind, to, variables = SENT.pop()
    assert (kind, to) == ("login_code_requested", ADDRESS)
    return variables


def switch_on(settings: Any) -> None:
    """Let members ask, with nothing sent and nothing waiting yet."""
    SENT.clear()
    WAITING.clear()
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = True
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.take_mail"
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"
    settings.HEARTHKEY_ACCOUNTS_ENQUEUE = f"{__name__}.take_task"
