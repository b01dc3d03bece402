"""Somebody signs in on a computer that has no passkey, by the phone that has one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Page, Route, expect

from tests.support.people import TIMEOUT, Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

QUESTION = (
    "Do you see this code on a screen in front of you? If someone sent you this code, "
    "approving it signs them in as you."
)
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
COMPUTER = {"viewport": {"width": 1280, "height": 800}}


class Waiting(Person):
    """Somebody before a browser without passkeys."""

    def ask(self, path: str = "/login/device") -> str:
        """Open the page, which asks for a code by itself, and return the code."""
        self.open(path)
        self.see("Scan this with your phone")
        return self.page.locator(".user-code code").inner_text()

    def scanned(self) -> str:
        """Return the link in the picture: made again from the browser's cookie, as the service makes it."""
        secret = next(
            cookie["value"] for cookie in self.context.cookies() if cookie["name"].endswith("hearthkey_waiting")
        )
        script = f"from accounts.services.sign_in_requests_codes import link_of; print('link', link_of({secret!r}))"
        found = re.search(r"^link (\S+)$", self.service.manage("shell", "-c", script), re.MULTILINE)
        assert found
        link = f"{self.service.url}/login/device/{found[1]}"
        picture = segno.make(link, micro=False, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
        assert self.page.locator("img.qr").get_attribute("src") == picture
        return link


@pytest.fixture
def waiting(browser: Any, service: Hearthkey) -> Any:
    """Returns new browsers that wait."""
    people: list[Waiting] = []

    def sit_down(**context: Any) -> Waiting:
        people.append(Waiting(browser, service, **(context or COMPUTER)))
        return people[-1]

    yield sit_down
    complaints = [complaint for one in people for complaint in one.complaints]
    for one in people:
        one.close()
    assert complaints == []


def member(service: Hearthkey, person: Callable[..., Person], username: str, **context: Any) -> Person:
    """Somebody whose phone has a passkey, and who is signed in there."""
    service.create_member(username, f"{username}@example.com")
    found = person(**(context or PHONE))
    found.enrol_by_link(username)
    found.forget_service()
    found.sign_in()
    return found


def entry_of(service: Hearthkey, username: str) -> str:
    """Return how the member's newest session began."""
    script = (
        "from accounts.models import Session; from accounts.sessions import SessionStore; "
        f"row = Session.objects.filter(user__username={username!r}).latest('created_at'); "
        "entry = SessionStore().decode(row.data)['hearthkey_auth']; print('entry', entry['method'], entry['source'])"
    )
    found = re.search(r"^entry (.+)$", service.manage("shell", "-c", script), re.MULTILINE)
    assert found
    return found[1]


def test_a_scanned_code_is_approved_and_the_computer_goes_where_it_was_heading(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    vera, computer = member(service, person, "vera"), waiting()
    computer.open("/account/passkeys/")
    computer.link("Other ways to sign in").click()
    computer.page.get_by_role("link", name="Use another device").click()
    computer.see("Scan this with your phone")
    code = computer.page.locator(".user-code code").inner_text()
    vera.page.goto(computer.scanned())
    vera.see(QUESTION)
    vera.see(code)
    vera.see("Chrome on Linux")
    vera.button("Approve").click()
    vera.see("You approved the sign-in")
    computer.arrive(f"{service.url}/account/passkeys/")
    assert entry_of(service, "vera") == "device device"
    vera.page.reload()
    vera.see("The other device is now signed in as you.")


def test_on_the_way_to_an_app_it_goes_on_to_the_app(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    client = service.create_client("Films", "http://films.localhost/callback", "--unrestricted")
    vito, computer = member(service, person, "vito"), waiting()
    computer.context.route("http://films.localhost/**", lambda route: route.fulfill(body="Welcome to Films"))
    asked = (
        f"response_type=code&client_id={client['client_id']}&redirect_uri=http://films.localhost/callback&scope=openid"
    )
    computer.open(f"/authorize?{asked}")
    computer.arrive(re.compile(r"/login\?next="))
    computer.ask(computer.page.url.removeprefix(service.url).replace("/login", "/login/device", 1))
    vito.page.goto(computer.scanned())
    vito.button("Approve").click()
    vito.see("You approved the sign-in")
    computer.see("Films will")
    computer.button("Continue").click()
    computer.see("Welcome to Films")


def test_it_is_refused_and_both_ends_say_so(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    rosa, computer = member(service, person, "rosa"), waiting()
    computer.ask()
    rosa.page.goto(computer.scanned())
    rosa.button("Refuse").click()
    rosa.see("You refused the sign-in")
    computer.see("The sign-in was refused")
    computer.button("Show a new code").click()
    computer.see("Scan this with your phone")


def test_it_expires_and_both_ends_say_so(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    emil, computer = member(service, person, "emil"), waiting()
    computer.ask()
    emil.page.goto(computer.scanned())
    emil.see(QUESTION)
    script = (
        "from datetime import timedelta; from django.utils import timezone; from accounts.models import SignInRequest; "
        "SignInRequest.objects.filter(status='waiting').update(expires_at=timezone.now() - timedelta(seconds=1))"
    )
    service.manage("shell", "-c", script)
    emil.button("Approve").click()
    emil.see("This code has expired")
    computer.see("This code has expired")


def test_who_is_signed_out_signs_in_first_and_comes_back_to_the_question(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    olga, computer = member(service, person, "olga"), waiting()
    computer.ask()
    olga.forget_service()
    olga.page.goto(computer.scanned())
    olga.tap()
    olga.see(QUESTION)
    olga.button("Approve").click()
    olga.see("You approved the sign-in")
    computer.arrive(f"{service.url}/account/")


def test_an_old_passkey_use_is_repeated_before_the_approval(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    nora, computer = member(service, person, "nora"), waiting()
    nora.enter_by_link("nora")
    computer.ask()
    nora.page.goto(computer.scanned())
    nora.page.get_by_label("Just this once, for an hour").check()
    nora.button("Approve").click()
    nora.button("Confirm with a passkey").click()
    # Where the confirmation does not send the answer itself, it leads back to the question.
    approve = nora.button("Approve").or_(nora.page.get_by_text("You approved the sign-in"))
    expect(approve.first).to_be_visible(timeout=TIMEOUT)
    if nora.button("Approve").count():
        nora.button("Approve").click()
    nora.see("You approved the sign-in")
    computer.arrive(f"{service.url}/account/")


def test_a_typed_code_does_the_same_and_the_device_may_be_ones_own(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    tove, computer = member(service, person, "tove"), waiting()
    code = computer.ask()
    tove.open("/device")
    tove.page.get_by_label("Code on the device").fill(code.lower().replace("-", ""))
    tove.button("Continue").click()
    tove.see(QUESTION)
    tove.page.get_by_label("This device is mine").check()
    tove.button("Approve").click()
    tove.see("It can add one passkey of its own.")
    computer.arrive(f"{service.url}/account/")
    assert entry_of(service, "tove") == "device device_mine"


def test_a_proxy_that_fails_for_a_while_is_outlived(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    petra, computer = member(service, person, "petra"), waiting()
    failures: list[int | str] = [502, 503, 504, "nothing", 502]
    answered: list[int | str] = []

    def answer(route: Route) -> None:
        if not failures:
            route.continue_()
            return
        failure = failures.pop(0)
        answered.append(failure)
        if isinstance(failure, int):
            route.fulfill(status=failure, content_type="text/html", body="<h1>Bad gateway</h1>")
        else:
            route.abort("connectionrefused")

    # Times between attempts pass at once; what happens in them stays as it is.
    computer.page.clock.install()
    computer.ask()
    computer.page.route("**/login/device/continue", answer)
    petra.page.goto(computer.scanned())
    for _attempt in range(4):
        computer.page.clock.run_for(16_000)
        computer.page.wait_for_timeout(100)
    computer.see("Connection lost. Retrying.")
    petra.button("Approve").click()
    petra.see("You approved the sign-in")
    for _attempt in range(4):
        computer.page.clock.run_for(16_000)
        if "/account/" in computer.page.url:
            break
        computer.page.wait_for_timeout(300)
    computer.arrive(f"{service.url}/account/")
    assert answered == [502, 503, 504, "nothing", 502]


def test_without_script_buttons_do_it(
    service: Hearthkey, person: Callable[..., Person], waiting: Callable[..., Waiting]
) -> None:
    selma = member(service, person, "selma")
    computer = waiting(java_script_enabled=False, **COMPUTER)
    computer.open("/login/device?next=/account/passkeys/")
    computer.button("Show a code").click()
    computer.see("If it doesn't, press Continue.")
    computer.button("Continue").click()
    computer.see("Not approved yet.")
    selma.page.goto(computer.scanned())
    selma.button("Approve").click()
    selma.see("You approved the sign-in")
    computer.button("Continue").click()
    computer.arrive(f"{service.url}/account/passkeys/")


def test_cancelled_it_leads_back_to_the_sign_in(waiting: Callable[..., Waiting]) -> None:
    computer = waiting()
    computer.ask("/login/device?next=/account/passkeys/")
    computer.button("Cancel").click()
    computer.arrive(re.compile(r"/login\?next=/account/passkeys/$|/login\?next=%2Faccount%2Fpasskeys%2F$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_a_computer(
    service: Hearthkey,
    person: Callable[..., Person],
    waiting: Callable[..., Waiting],
    scheme: str,
    tmp_path: Path,
) -> None:
    folder = Path(os.environ["DEVICE_PICTURES"]) if "DEVICE_PICTURES" in os.environ else tmp_path
    someone = member(service, person, f"seen-{scheme}", color_scheme=scheme, **PHONE)
    for number, (size, view) in enumerate((("computer", COMPUTER), ("phone", PHONE))):
        computer = waiting(color_scheme=scheme, **view)
        computer.ask()
        picture(computer.page, folder / f"waiting-{size}-{scheme}.png")
        someone.page.goto(computer.scanned())
        if number:
            someone.page.set_viewport_size({"width": 1280, "height": 800})
        picture(someone.page, folder / f"question-{'computer' if number else 'phone'}-{scheme}.png")
        someone.button("Refuse" if number else "Approve").click()
        someone.see("You refused the sign-in" if number else "You approved the sign-in")
        picture(someone.page, folder / f"{'refused' if number else 'approved'}-{scheme}.png")
        if number:
            computer.see("The sign-in was refused")
            picture(computer.page, folder / f"over-{scheme}.png")


def picture(page: Page, path: Path) -> None:
    """Take it, once it was seen that nothing is cut off at the side."""
    page.screenshot(path=path, full_page=True, animations="disabled")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
