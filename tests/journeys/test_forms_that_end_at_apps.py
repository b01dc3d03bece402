"""Chromium applies ``form-action 'self'`` to the redirects that follow a form: each form that ends at an app gets there."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.people import Person
from tests.support.servers import Hearthkey

from .test_device_sign_in import COMPUTER, Waiting, waiting

__all__ = ["waiting"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

STATES = ["given", "missing", "skipped"]


class App:
    """An app that the service sends people to; its own pages are answered by the browser."""

    def __init__(self, service: Hearthkey, name: str, state: str) -> None:
        self.service, self.state = service, state
        self.origin = f"http://{name}.localhost"
        self.client_id = service.create_client(
            name,
            f"{self.origin}/callback",
            *("--logout-callback-url", f"{self.origin}/bye", "--unrestricted", "--client-id", name),
        )["client_id"]
        if state == "skipped":
            change = f"Client.objects.filter(client_id={name!r}).update(skip_authorization=True)"
            service.manage("shell", "-c", f"from oidc_clients.models import Client; {change}")

    def path(self, **changes: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": f"{self.origin}/callback",
            "scope": "openid email",
            **changes,
        }
        return f"/authorize?{urlencode(asked)}"

    def known_to(self, someone: Person) -> None:
        """Let the browser answer for the app, and let the person agree to it if they have done so before."""
        someone.context.route(f"{self.origin}/**", lambda route: route.fulfill(body="Welcome"))
        if self.state == "given":
            someone.open(self.path())
            someone.button("Continue").click()
            self.reached_by(someone, asks=False)

    def reached_by(self, someone: Person, *, asks: bool | None = None) -> None:
        if self.state == "missing" if asks is None else asks:
            someone.button("Continue").click()
        someone.arrive(re.compile(f"^{re.escape(self.origin)}/callback"))
        assert "code" in parse_qs(urlsplit(someone.page.url).query)


@pytest.fixture(params=STATES)
def app(request: pytest.FixtureRequest, service: Hearthkey) -> App:
    words = re.findall(r"[a-z]+", request.node.originalname)
    return App(service, "-".join([*words[1:], request.param]), request.param)


def member(service: Hearthkey, person: Callable[..., Person], app: App) -> tuple[str, Person]:
    name = f"m-{app.client_id}"
    service.create_member(name, f"{name}@example.org")
    someone = person()
    someone.enrol_by_link(name)
    app.known_to(someone)
    return name, someone


def invitation(service: Hearthkey) -> str:
    script = (
        "from accounts.services.invitations import LIFETIMES, create_invitation; "
        "print('link', create_invitation(lifetime=LIFETIMES[0], max_uses=1, works_while_off=True, actor=None).link)"
    )
    found = re.search(r"^link (\S+)$", service.manage("shell", "-c", script), re.MULTILINE)
    assert found
    return found[1]


def test_keep_account(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    name, someone = member(service, person, app)
    someone.open(app.path(prompt="select_account"))
    someone.button(f"Continue as {name}").click()
    app.reached_by(someone)


def test_switch_account(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    _name, someone = member(service, person, app)
    someone.open(app.path(prompt="select_account"))
    someone.button("Use another account").click()
    someone.tap()
    app.reached_by(someone)


def test_typed_code(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    name, someone = member(service, person, app)
    code = service.manage("login_code", name, "--code").splitlines()[1]
    someone.forget_service()
    someone.open(app.path())
    someone.link("Other ways to sign in").click()
    someone.link("Enter a code").click()
    someone.page.get_by_label("Sign-in code").fill(code)
    someone.button("Sign in").click()
    app.reached_by(someone)


def test_other_device_without_script(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting], app: App
) -> None:
    _name, someone = member(service, person, app)
    computer = waiting(java_script_enabled=False, **COMPUTER)
    computer.context.route(f"{app.origin}/**", lambda route: route.fulfill(body="Welcome"))
    computer.open(app.path())
    computer.link("Other ways to sign in").click()
    computer.page.get_by_role("link", name="Use another device").click()
    computer.button("Show a code").click()
    someone.page.goto(computer.scanned())
    someone.button("Approve").click()
    someone.see("You approved the sign-in")
    computer.button("Continue").click()
    app.reached_by(computer)


def test_sign_up_and_enrolment(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    if app.state == "given":
        pytest.skip("a new member has not agreed to anything yet")
    newcomer = person()
    newcomer.context.route(f"{app.origin}/**", lambda route: route.fulfill(body="Welcome"))
    newcomer.open(app.path())
    newcomer.page.goto(f"{invitation(service)}?{urlsplit(newcomer.page.url).query}")
    newcomer.page.get_by_label("Username").fill(f"n-{app.client_id}")
    newcomer.page.get_by_label("Email address").fill(f"n-{app.client_id}@example.org")
    newcomer.button("Create account").click()
    newcomer.button("Add passkey").click()
    app.reached_by(newcomer)


def test_enrolment_after_a_code(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    name, someone = member(service, person, app)
    service.manage("remove_passkeys", name)
    someone.forget_service()
    someone.enter_by_link(name)
    someone.open(f"/account/passkeys/first?{urlencode({'next': app.path()})}")
    someone.button("Add passkey").click()
    app.reached_by(someone)


def test_sign_out_with_a_return_address(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    _name, someone = member(service, person, app)
    asked = {"client_id": app.client_id, "post_logout_redirect_uri": f"{app.origin}/bye", "state": "s"}
    someone.open(f"/api/oidc/end-session?{urlencode(asked)}")
    someone.button("Sign out").click()
    someone.arrive(f"{app.origin}/bye?state=s")


def test_cancel(service: Hearthkey, person: Callable[..., Person], app: App) -> None:
    _name, someone = member(service, person, app)
    someone.open(app.path(prompt="consent"))
    someone.button("Cancel").click()
    someone.arrive(re.compile(f"^{re.escape(app.origin)}/callback.*error=access_denied"))
