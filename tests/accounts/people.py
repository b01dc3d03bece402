"""Members, operators and browsers for the tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.backends import LOGIN_CODE_BACKEND
from accounts.models import User
from accounts.services.members import NewMember, create_member
from audit.models import Event


def make(username: str, *, permissions: tuple[str, ...] = (), **values: Any) -> User:
    """Return a new member with these permissions of their own, by code name."""
    user = create_member(new=NewMember(username=username, **values), actor=None)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def superuser(username: str = "root", **values: Any) -> User:
    return make(username, is_superuser=True, **values)


def browser(user: User | None = None) -> Client:
    """Return a browser, signed in as ``user``, that answers 500 pages as people get them."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=LOGIN_CODE_BACKEND)
    return client


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Return what ``act(number)`` gave in each of ``count`` threads that began at the same moment."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        try:
            barrier.wait(30)
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test compares it
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def events(name: str) -> list[Event]:
    """Return the audit trail's entries of this name, oldest first."""
    return list(Event.objects.filter(name=name).order_by("at"))


def every_stored_text() -> str:
    """Return all that stands in the tables of the project's models, as text."""
    rows = [list(model._default_manager.values_list()) for model in apps.get_models()]
    return repr(rows)
