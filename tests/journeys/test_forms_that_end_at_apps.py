"""Chromium applies ``form-action 'self'`` to the redirects that follow a form: each form that ends at an app gets there.

Each form is walked with consent given (the redirects end at the app), with consent missing (they end at a page) and with
an app that asks for no consent. There is no walk from the set-up: until it is complete, no app is let in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

STATES = ["given", "missing", "skipped"]
# All that the walks need, in one process: starting one costs more than a walk.
SEED = """
import json
from accounts.services.codes import create_code
from accounts.services.invitations import LIFETIMES, create_invitation
from accounts.services.members import NewMember, create_member
from oidc_clients.services.clients import ClientSettings, create_client
from oidc_clients.services.consent import give_consent

def app(state):
    settings = ClientSettings(
        name=state.title(),
        redirect_uris=[f"http://{state}.localhost/callback"],
        post_logout_redirect_uris=[f"http://{state}.localhost/bye"],
        is_restricted=False,
        skip_authorization=state == "skipped",
    )
    return create_client(settings=settings, actor=None, client_id=state).client

def member(number):
    name = f"member{number}"
    user = create_member(new=NewMember(username=name, email=f"{name}@example.org", email_verified=True), actor=None)
    give_consent(user=user, client=apps["given"], scopes=("openid", "email"))
    first, second = (create_code(user=user, actor=None) for _ in range(2))
    return {"name": name, "link": first.link, "code": second.code}

apps = {state: app(state) for state in STATES}
link = create_invitation(lifetime=LIFETIMES[0], max_uses=50, works_while_off=True, actor=None).link
print("seeded", json.dumps({"members": [member(number) for number in range(50)], "invitation": link}))
"""


@dataclass
class Seed:
    members: list[dict[str, str]]
    invitation: str


@dataclass
class Member:
    """Someone with a one-time link and a code. The browser answers for the app."""

    person: Person
    name: str
    link: str
    code: str

    def sign_in(self) -> None:
        """Sign in by the link, without a passkey."""
        self.person.page.goto(self.link)
        self.person.button("Sign in").click()
        self.person.arrive(re.compile(r"/account/$"))

    def enrol(self) -> None:
        self.sign_in()
        self.person.add_first_passkey()


@dataclass
class App:
    """An app in one state of consent."""

    state: str

    @property
    def origin(self) -> str:
        return f"http://{self.state}.localhost"

    def path(self, **changes: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.state,
            "redirect_uri": f"{self.origin}/callback",
            "scope": "openid email",
            **changes,
        }
        return f"/authorize?{urlencode(asked)}"

    def heading(self, person: Person) -> str:
        """Begin to sign in, and return the query of the sign-in page, which says where to go on to."""
        person.open(self.path())
        person.arrive(re.compile(r"/login\?next="))
        return urlsplit(person.page.url).query

    def reached_by(self, person: Person) -> None:
        if self.state == "missing":
            person.button("Continue").click()
        person.arrive(re.compile(f"^{re.escape(self.origin)}/callback"))
        assert "code" in parse_qs(urlsplit(person.page.url).query)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearthkey]:
    folder = tmp_path_factory.mktemp("hearthkey")
    with servers.hearthkey(folder, DISABLE_RATE_LIMITING="true", ALLOW_USER_SIGNUPS="open") as running:
        create_administrator(running, username="root", email="root@example.com")
        yield running


@pytest.fixture(scope="module")
def seed(service: Hearthkey) -> Seed:
    printed = service.manage("shell", "-c", f"STATES = {STATES!r}\n{SEED}")
    found = re.search(r"^seeded (.+)$", printed, re.MULTILINE)
    assert found, printed
    return Seed(**json.loads(found[1]))


Sit = Callable[..., Person]


@pytest.fixture
def sit(person: Sit, seed: Seed) -> Sit:
    """Return new persons, whose browser answers for the apps."""

    def sit_down(**context: Any) -> Person:
        one = person(**context)
        one.context.route(
            re.compile(r"^http://(given|missing|skipped)\.localhost/"), lambda route: route.fulfill(body="Welcome")
        )
        return one

    return sit_down


@pytest.fixture
def member(sit: Sit, seed: Seed) -> Callable[..., Member]:
    return lambda **context: Member(person=sit(**context), **seed.members.pop())


@pytest.fixture(params=STATES)
def app(request: pytest.FixtureRequest) -> App:
    return App(request.param)


@pytest.fixture(params=["missing", "skipped"])
def app_unknown(request: pytest.FixtureRequest) -> App:
    """An app that a new member comes to. They have agreed to nothing yet."""
    return App(request.param)


def test_keep_account(member: Callable[..., Member], app: App) -> None:
    ada = member()
    ada.enrol()
    ada.person.open(app.path(prompt="select_account"))
    ada.person.button(f"Continue as {ada.name}").click()
    app.reached_by(ada.person)


@pytest.mark.parametrize("button", ["Use another account", "Not you?"])
def test_switch_account(member: Callable[..., Member], app: App, button: str) -> None:
    ada = member()
    ada.enrol()
    ada.person.open(app.path(prompt="select_account"))
    ada.person.button(button).click()
    ada.person.tap()
    app.reached_by(ada.person)


def test_typed_code(member: Callable[..., Member], app: App) -> None:
    ada = member()
    someone = ada.person
    someone.open(app.path())
    someone.link("Other ways to sign in").click()
    someone.link("Enter a code").click()
    someone.page.get_by_label("Sign-in code").fill(ada.code)
    someone.button("Sign in").click()
    app.reached_by(someone)


def test_code_link(member: Callable[..., Member], app: App) -> None:
    ada = member()
    heading = app.heading(ada.person)
    ada.person.page.goto(f"{ada.link}?{heading}")
    ada.person.button("Sign in").click()
    app.reached_by(ada.person)


def test_code_over_another_session(member: Callable[..., Member], app: App) -> None:
    ada, bob = member(), member()
    ada.sign_in()
    ada.person.open(f"/lc?{urlencode({'next': app.path()})}")
    ada.person.page.get_by_label("Sign-in code").fill(bob.code)
    ada.person.button("Sign in").click()
    app.reached_by(ada.person)


def test_other_device_without_script(member: Callable[..., Member], sit: Sit, app: App) -> None:
    phone, computer = member(), sit(java_script_enabled=False)
    phone.enrol()
    computer.open(f"/login/device?{app.heading(computer)}")
    computer.button("Show a code").click()
    phone.person.open("/device")
    phone.person.page.get_by_label("Code on the device").fill(computer.page.locator(".user-code code").inner_text())
    phone.person.button("Continue").click()
    phone.person.button("Approve").click()
    phone.person.see("You approved the sign-in")
    computer.button("Continue").click()
    app.reached_by(computer)


@pytest.mark.parametrize("way", ["open", "invitation"])
def test_sign_up_and_enrolment(sit: Sit, service: Hearthkey, seed: Seed, app_unknown: App, way: str) -> None:
    newcomer = sit()
    heading = app_unknown.heading(newcomer)
    newcomer.page.goto(f"{seed.invitation if way == 'invitation' else service.url + '/signup'}?{heading}")
    sign_up(newcomer, f"new-{way}-{app_unknown.state}")
    app_unknown.reached_by(newcomer)


def test_invitation_over_another_session(member: Callable[..., Member], seed: Seed, app_unknown: App) -> None:
    ada = member()
    heading = app_unknown.heading(ada.person)
    ada.sign_in()
    ada.person.page.goto(f"{seed.invitation}?{heading}")
    ada.person.button("Sign out and continue").click()
    sign_up(ada.person, f"new-over-{app_unknown.state}")
    app_unknown.reached_by(ada.person)


def sign_up(newcomer: Person, name: str) -> None:
    newcomer.page.get_by_label("Username").fill(name)
    newcomer.page.get_by_label("Email address").fill(f"{name}@example.org")
    newcomer.button("Create account").click()
    newcomer.button("Add passkey").click()


def test_enrolment_after_a_code(member: Callable[..., Member], app: App) -> None:
    ada = member()
    ada.sign_in()
    ada.person.open(f"/account/passkeys/first?{urlencode({'next': app.path()})}")
    ada.person.button("Add passkey").click()
    app.reached_by(ada.person)


def test_enrolment_and_end_of_other_sessions(member: Callable[..., Member], sit: Sit, app: App) -> None:
    ada = member()
    elsewhere = Member(sit(), ada.name, ada.link, ada.code)
    elsewhere.sign_in()
    ada.person.open("/lc")
    ada.person.page.get_by_label("Sign-in code").fill(ada.code)
    ada.person.button("Sign in").click()
    ada.person.arrive(re.compile(r"/account/$"))
    ada.person.open(f"/account/passkeys/first?{urlencode({'next': app.path()})}")
    ada.person.button("Add passkey").click()
    ada.person.arrive(re.compile(r"/account/passkeys/added\?next="))
    ada.person.page.locator('form[action$="/account/sessions/others/end"] button').click()
    app.reached_by(ada.person)


def test_step_up(member: Callable[..., Member], app: App) -> None:
    ada = member()
    ada.enrol()
    ada.person.open(app.path(prompt="login"))
    ada.person.button("Confirm with a passkey").click()
    app.reached_by(ada.person)


@pytest.mark.parametrize("button", ["Cancel", "Not you?"])
def test_leaving_the_step_up_without_script(member: Callable[..., Member], app: App, button: str) -> None:
    ada = member(java_script_enabled=False)
    someone = ada.person
    ada.sign_in()
    someone.open(app.path(max_age="0"))
    someone.arrive(re.compile(r"/account/confirm\?next="))
    someone.link("Cancel").click()
    someone.button(button).click()
    if button == "Cancel":
        someone.arrive(re.compile(f"^{re.escape(app.origin)}/callback.*error=access_denied"))
    else:
        someone.arrive(re.compile(r"/login\?next="))
        someone.open(f"/lc?{urlsplit(someone.page.url).query}")
        someone.page.get_by_label("Sign-in code").fill(ada.code)
        someone.button("Sign in").click()
        someone.arrive(re.compile(r"/account/confirm\?next="))


def test_sign_out_with_a_return_address(member: Callable[..., Member], app: App) -> None:
    ada = member()
    ada.sign_in()
    asked = {"client_id": app.state, "post_logout_redirect_uri": f"{app.origin}/bye", "state": "s"}
    ada.person.open(f"/api/oidc/end-session?{urlencode(asked)}")
    ada.person.button("Sign out").click()
    ada.person.arrive(f"{app.origin}/bye?state=s")


@pytest.mark.parametrize("address", ["/bye", "/unregistered"])
def test_sign_out_by_a_form_of_the_app(member: Callable[..., Member], service: Hearthkey, address: str) -> None:
    app, ada = App("given"), member()
    someone = ada.person
    ada.sign_in()
    someone.page.goto(f"{app.origin}/")
    someone.page.set_content(
        f'<form method="post" action="{service.url}/api/oidc/end-session"><input name="client_id" value="{app.state}">'
        f'<input name="post_logout_redirect_uri" value="{app.origin}{address}"><button>Leave</button></form>'
    )
    someone.button("Leave").click()
    if address == "/bye":
        someone.button("Sign out").click()
        someone.arrive(f"{app.origin}/bye")
    else:
        someone.see("Given asked to send you to an address that isn't registered for it.")
        someone.button("Sign out here").click()
        someone.see("You're signed out")
    someone.open("/account/")
    someone.arrive(re.compile(r"/login"))


def test_cancel(member: Callable[..., Member], app: App) -> None:
    ada = member()
    ada.sign_in()
    ada.person.open(app.path(prompt="consent"))
    ada.person.button("Cancel").click()
    ada.person.arrive(re.compile(f"^{re.escape(app.origin)}/callback.*error=access_denied"))
