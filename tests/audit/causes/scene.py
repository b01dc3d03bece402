"""Where events are caused: people with real authenticators, a client, an operator, and a worker that does the jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core import mail
from django.test import Client as Browser
from django.test import TestCase
from django.utils.module_loading import import_string

from accounts.models import User
from accounts.services.members import NewMember, create_member
from config.jobs import queue
from passkeys.testing import SoftAuthenticator
from tests.support.oidc_clients import world
from tests.support.passkeys.world import Person

MEMBERS = "/admin/hearthkey_accounts/user/"
GROUPS = "/admin/auth/group/"
CLIENTS = "/admin/hearthkey_oidc_clients/client/"


class Somebody(Person):
    """A member with a browser and a device. What they send is through, with all that waits for the end of it."""

    def post(self, path: str, values: dict[str, Any] | None = None, *, status: int | None = None, **extra: Any) -> Any:
        """Send a form; it must get ``status``, or lead on or be answered with a page."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            response = self.client.post(path, values or {}, **extra)
        accepted = {200, 302, 303} if status is None else {status}
        assert response.status_code in accepted, (path, response.status_code, response.content)
        return response

    @property
    def page(self) -> str:
        """Where operators change this member."""
        return f"{MEMBERS}{self.user.pk}/"


@dataclass
class Scene:
    """A service that is set up, unless nothing of it was asked for."""

    settings: Any
    made: dict[str, Somebody] = field(default_factory=dict)

    def newcomer(self, username: str, **what: Any) -> Somebody:
        """A member who has not enrolled a passkey yet, in the session that begins with that."""
        values = {"email": f"{username}@example.org", "email_verified": True, **what}
        user = create_member(new=NewMember(username=username, **values), actor=None)
        someone = Somebody(user, Browser(), SoftAuthenticator(origin=settings.APP_URL))
        someone.begin_setup_session()
        self.made[username] = someone
        return someone

    def member(self, username: str = "ada", **what: Any) -> Somebody:
        """A member who enrolled a passkey and signed in with it, by its own signature."""
        if username not in self.made:
            someone = self.newcomer(username, **what)
            assert someone.add().status_code == 201
            someone.client = Browser()
            someone.signed_in()
        return self.made[username]

    @cached_property
    def root(self) -> Somebody:
        """The operator, a superuser."""
        return self.member("root", is_superuser=True, is_staff=True)

    @cached_property
    def app(self) -> world.RelyingParty:
        return world.register("Photos")

    def tokens(self, username: str = "ada") -> dict[str, Any]:
        """What the app gets for a member who signs in at it, and agrees."""
        return self.app.tokens(self.member(username).client)

    def mails_at_once(self) -> None:
        """Send mail by Django's own backend, within the transaction's end."""
        self.settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = self.settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None

    def path_in_mail(self, pattern: str) -> str:
        """The path of the last link in a mail that looks like this."""
        for letter in reversed(mail.outbox):
            if found := re.search(rf"https?://[^/\s]+({pattern}\S*)", str(letter.body)):
                return found[1]
        raise AssertionError(f"No mail has {pattern}.")

    def work(self) -> None:
        """Do once what is due, as the worker does."""
        while (job := queue.claim()) is not None:
            try:
                with TestCase.captureOnCommitCallbacks(execute=True):
                    result = import_string(job.task).call(*job.arguments["args"], **job.arguments["kwargs"])
            except Exception as error:  # noqa: BLE001  # whatever it is, the worker notes it
                queue.fail(job, error)
            else:
                queue.finish(job, result)


def refetched(user: User) -> User:
    return User.objects.get(pk=user.pk)
