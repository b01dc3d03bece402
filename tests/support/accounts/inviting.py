"""Sign-up links, and newcomers at a browser, for the tests of this folder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from accounts.models import Invitation, User
from accounts.services.invitations import create_invitation

from .people import browser


def invite(*, actor: User | None = None, lifetime: timedelta = timedelta(days=1), **values: Any) -> str:
    """Return the path of a new link; one that works while sign-up is off unless told otherwise."""
    values = {"max_uses": 1, "works_while_off": True, **values}
    created = create_invitation(lifetime=lifetime, actor=actor, **values)
    return "/st/" + created.link.rpartition("/st/")[2]


def the_link() -> Invitation:
    return Invitation.objects.get()


def fill_in(path: str, username: str = "newcomer", *, client: Client | None = None, **values: str) -> Any:
    """Return the answer to the form that a newcomer sends."""
    return (client or browser()).post(path, {"username": username, **values})
