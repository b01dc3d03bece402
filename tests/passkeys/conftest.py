"""Settings of a site at http://localhost, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from passkeys import signals
from passkeys.testing import SoftAuthenticator
from tests.support.passkeys.browsing import LIST, Visitor, Worker
from tests.support.passkeys.world import ORIGIN, Person, make_user, no_limit

REFERENCE_SETTINGS = {
    "HEARTHKEY_PASSKEYS_RP_ID": "localhost",
    "HEARTHKEY_PASSKEYS_RP_NAME": "Test house",
    "HEARTHKEY_PASSKEYS_ORIGINS": [ORIGIN],
    "AUTHENTICATION_BACKENDS": ["passkeys.backends.PasskeyBackend"],
    "LOGIN_URL": "hearthkey_passkeys:sign-in",
    "ROOT_URLCONF": "tests.passkeys.urls",
    "LOGIN_REDIRECT_URL": "/account/passkeys/",
    "ALLOWED_HOSTS": ["localhost", "testserver"],
    "HEARTHKEY_PASSKEYS_RATE_LIMIT": f"{no_limit.__module__}.{no_limit.__name__}",
    "HEARTHKEY_PASSKEYS_STEP_UP_WINDOW": timedelta(minutes=5),
    "HEARTHKEY_PASSKEYS_MAY_ENROL": None,
    "HEARTHKEY_PASSKEYS_MAY_MANAGE": None,
    "HEARTHKEY_PASSKEYS_MAY_REMOVE_LAST": None,
    "HEARTHKEY_PASSKEYS_RECOVERY_URL": None,
    "HEARTHKEY_PASSKEYS_REQUIRE_FRESH": None,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    # The site's own middleware is tested with the site; these are what the app itself needs.
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "SESSION_ENGINE": "accounts.sessions",
    "SESSION_COOKIE_NAME": "sessionid",
    "CSRF_COOKIE_NAME": "csrftoken",
    "SECURE_SSL_REDIRECT": False,
}


@pytest.fixture(autouse=True)
def reference_site(settings: Any) -> None:
    for name, value in REFERENCE_SETTINGS.items():
        setattr(settings, name, value)


class Heard(list[Any]):
    """Every event, in the order it was sent."""

    def of(self, kind: type) -> list[Any]:
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def heard() -> Iterator[Heard]:
    events = Heard()

    def listen(event: Any, **kwargs: Any) -> None:
        events.append(event)

    for signal in signals.ALL:
        signal.connect(listen)
    yield events
    for signal in signals.ALL:
        signal.disconnect(listen)


@pytest.fixture
def owner(db: None) -> Person:
    """A member with one passkey, signed in by nothing yet."""
    return Person(make_user("owner"), Client(), SoftAuthenticator(origin=ORIGIN)).enrolled()


@pytest.fixture
def stranger(db: None) -> Person:
    """Another member with a passkey of their own."""
    return Person(make_user("stranger"), Client(), SoftAuthenticator(origin=ORIGIN)).enrolled()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    running = Worker()
    yield running
    running.close()


@pytest.fixture
def visitor(worker: Worker, live_server: Any, settings: Any) -> Iterator[Visitor]:
    address = live_server.url.replace("127.0.0.1", "localhost")
    settings.HEARTHKEY_PASSKEYS_ORIGINS = lambda: [address]
    # A site without any member shows its first-run page instead.
    make_user("resident")
    someone = Visitor(worker, address)
    yield someone
    worker.do(someone.context.close)
    assert someone.complaints == []


@pytest.fixture
def enrolled(visitor: Visitor) -> Visitor:
    """The visitor is a member with one passkey, made in the set-up step, and signed out."""
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.open(f"{LIST}first")
    visitor.press("Add passkey")
    visitor.reach(LIST)
    visitor.sign_out()
    return visitor
