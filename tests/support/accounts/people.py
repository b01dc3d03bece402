"""Members, operators and browsers for the tests of this folder."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from accounts.services.members import NewMember, create_member
from audit.models import Event
from tests.support.passkey_sessions import begin_passkey_session


def make(username: str, *, permissions: tuple[str, ...] = (), **values: Any) -> User:
    """Return a new member with these permissions of their own, by code name."""
    user = create_member(new=NewMember(username=username, **values), actor=None)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def superuser(username: str = "root", **values: Any) -> User:
    return make(username, is_superuser=True, **values)


def browser(user: User | None = None) -> Client:
    """Return a browser, signed in as ``user`` by passkey, that answers 500 pages as people get them."""
    client = Client(raise_request_exception=False)
    if user is not None:
        begin_passkey_session(client, user)
    return client


def events(name: str) -> list[Event]:
    """Return the audit trail's entries of this name, oldest first."""
    return list(Event.objects.filter(name=name).order_by("at"))


def every_stored_text() -> str:
    """Return all that stands in the tables of the project's models, as text."""
    rows = [list(model._default_manager.values_list()) for model in apps.get_models()]
    return repr(rows)
