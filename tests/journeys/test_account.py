"""A member makes their account their own: name, picture, and an address that they prove from another device."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.support import servers
from tests.support.people import TIMEOUT, Person
from tests.support.servers import Hearthkey, wait_until
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


class Inbox(MessageHandler):
    """What an SMTP server was given."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.letters.append(message)

    def to(self, address: str) -> str:
        """Return the text of the mail that comes to this address."""
        wait_until(lambda: any(letter["To"] == address for letter in self.letters))
        letter = next(letter for letter in self.letters if letter["To"] == address)
        body = letter.get_payload(decode=True)
        assert isinstance(body, bytes)
        return body.decode()


@pytest.fixture(scope="module")
def inbox() -> Iterator[Any]:
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=servers.free_port())
    controller.start()
    handler.port = controller.port  # type: ignore[attr-defined]
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, inbox: Any) -> Iterator[Hearthkey]:
    with servers.hearthkey(
        tmp_path_factory.mktemp("account"),
        DISABLE_RATE_LIMITING="true",
        DJANGO_SETTINGS_MODULE="tests.journeys.account_settings",
        TEST_SMTP_PORT=str(inbox.port),
    ) as running:
        create_administrator(running, username="root", email="root@example.com")
        yield running


def photograph() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (20, 160, 60)).save(out, "JPEG")
    return out.getvalue()


def choose_picture(person: Person) -> None:
    person.page.get_by_label("New picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photograph()}
    )
    person.button("Upload").click()
    person.see("Picture updated.")


def header_picture(person: Person) -> Image.Image:
    source = person.page.locator(".site-header .avatar").get_attribute("src")
    answer = person.context.request.get(person.service.url + str(source))
    assert answer.ok
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def fill(person: Person, label: str, text: str) -> None:
    person.page.get_by_label(label, exact=True).fill(text)


def test_a_member_makes_their_account_their_own(service: Hearthkey, person: Any, inbox: Any, browser: Browser) -> None:
    service.create_member("emmy", "old@example.com")
    emmy = person()
    emmy.enrol_by_link("emmy")
    emmy.open("/account/")
    emmy.see("Hello, emmy")
    emmy.page.get_by_role("navigation", name="Your account").get_by_role("link", name="Profile").click()
    emmy.arrive(f"{service.url}/account/profile")

    # Names need nothing more, and the device shows them from now on.
    fill(emmy, "First name", "Emmy")
    fill(emmy, "Last name", "Noether")
    emmy.button("Save").click()
    emmy.see("Saved.")
    wait_until(lambda: emmy.device.credentials()[0].get("userDisplayName") == "Emmy Noether")

    choose_picture(emmy)
    assert header_picture(emmy).getpixel((150, 150))[1] > 120

    # A new address waits on the page that asks for the passkey.
    fill(emmy, "Email address", "new@example.com")
    emmy.button("Save").click()
    emmy.button("Confirm with a passkey").click()
    emmy.see("We sent a link to new@example.com")
    emmy.see("Until it is verified, apps keep receiving old@example.com.")
    assert "new@example.com" in inbox.to("old@example.com")
    found = re.search(r"http\S+/verify-email/\S+", inbox.to("new@example.com"))
    assert found

    # The mail is read on a telephone that nobody is signed in on.
    telephone = person(viewport={"width": 390, "height": 800})
    telephone.page.goto(found[0])
    telephone.see("Is this your email address?")
    telephone.button("Verify address").click()
    telephone.see("new@example.com is now the verified address of emmy.")
    telephone.open("/account/")
    telephone.arrive(re.compile("/login"))
    emmy.open("/account/profile")
    expect(emmy.page.get_by_text("not verified")).to_have_count(0, timeout=TIMEOUT)
    emmy.see("verified")

    # A new user name asks for the passkey too, and back to the initials asks for nothing.
    fill(emmy, "Username", "noether")
    emmy.button("Save").click()
    emmy.button("Confirm with a passkey").click()
    emmy.see("Saved.")
    wait_until(lambda: emmy.device.credentials()[0].get("userName") == "noether")
    emmy.button("Remove picture").click()
    emmy.see("Picture removed.")
    assert header_picture(emmy).getpixel((150, 5))[1] < 120


def test_the_profile_works_without_scripts(service: Hearthkey, person: Any, browser: Browser) -> None:
    service.create_member("lise", "lise@example.com")
    lise = person()
    lise.enrol_by_link("lise")
    quiet = person(java_script_enabled=False)
    quiet.context.add_cookies(lise.context.cookies())
    quiet.open("/account/profile")
    fill(quiet, "Display name", "Lise Meitner")
    quiet.button("Save").click()
    quiet.see("Saved.")
    choose_picture(quiet)
    quiet.open("/account/")
    quiet.see("Hello, Lise Meitner")


# L04
def test_without_scripts_what_waits_for_a_passkey_is_confirmed_on_another_page(service: Hearthkey, person: Any) -> None:
    service.create_member("hedy", "hedy@example.com")
    hedy = person()
    hedy.enrol_by_link("hedy")
    quiet = person(java_script_enabled=False)
    quiet.context.add_cookies(hedy.context.cookies())
    quiet.open("/account/profile")
    fill(quiet, "Username", "lamarr")
    quiet.button("Save").click()
    quiet.see("what you sent is sent again")
    quiet.page.get_by_text("Does that not work here?").click()
    # Sent by hand before anything was confirmed, it goes on waiting.
    quiet.button("Send what I sent again").click()
    quiet.see("what you sent is sent again")
    quiet.page.get_by_text("Does that not work here?").click()

    # A passkey needs a script, so this page is looked at in the same session with one.
    hedy.page.goto(service.url + str(quiet.link("Confirm on another page").get_attribute("href")))
    hedy.button("Confirm with a passkey").click()
    hedy.see("Hello, hedy")
    quiet.context.add_cookies(hedy.context.cookies())
    quiet.button("Send what I sent again").click()
    quiet.see("Saved.")
    expect(quiet.page.get_by_label("Username", exact=True)).to_have_value("lamarr")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("who", ["marie", "root"])
def test_every_page_of_the_account_fits_and_says_which_it_is(
    service: Hearthkey, person: Any, width: int, who: str
) -> None:
    if who != "root":
        service.run("create_member", who, "--email", f"{who}@example.com", "--last-name", "Skłodowska-Curie" * 3)
    someone = person(viewport={"width": width, "height": 800})
    someone.enrol_by_link(who)
    someone.open("/account/")
    navigation = someone.page.get_by_role("navigation", name="Your account").get_by_role("link")
    for number in range(navigation.count()):
        navigation.nth(number).click()
        current = someone.page.locator(".account-nav [aria-current=page]")
        expect(current).to_have_count(1, timeout=TIMEOUT)
        assert current.inner_text() == navigation.nth(number).inner_text()
        assert someone.page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [navigation.nth(other).bounding_box() for other in range(navigation.count())]
        assert all(box["height"] >= 44 and box["x"] + box["width"] <= width + 1 for box in boxes)
