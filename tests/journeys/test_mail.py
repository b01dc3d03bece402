"""An operator looks at the mails and sends one, and a member is told of a browser that is new."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support import servers
from tests.support.mailer.mail_server import MailServer, mail_server, text_of
from tests.support.people import Person, chromium
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.browser, pytest.mark.serve, pytest.mark.timeout(180)]

CODE = re.compile(r"^ +([0-9A-Z]{3}-[0-9A-Z]{3})\r?$", re.MULTILINE)
MAILS = "/admin/hearthkey_mailer/message/"


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def service(tmp_path: Path, post: MailServer) -> Iterator[Hearthkey]:
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(post.port), "SMTP_TLS": "none", "SMTP_FROM": "login@example.com"}
    by_mail = {"EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED": "true"}
    with servers.hearthkey(tmp_path, DISABLE_RATE_LIMITING="true", **smtp, **by_mail) as found:
        create_administrator(found, username="root", email="root@example.org")
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_an_operator_sees_how_mails_look_and_what_the_server_says(
    browser: Browser, service: Hearthkey, post: MailServer, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("SCREENSHOTS_OF_MAIL") or tmp_path)
    root = Person(browser, service)
    root.enrol_by_link("root")
    root.administer(MAILS)
    root.page.screenshot(path=folder / "outbox.png")
    root.link("How mails look").click()
    root.page.screenshot(path=folder / "previews.png")
    root.link("Sign-in from a new device or place").click()
    root.see("As plain text")
    expect(root.page.frame_locator("iframe").get_by_text("Firefox on Windows")).to_be_visible()
    root.page.screenshot(path=folder / "preview.png", full_page=True)
    root.page.set_viewport_size({"width": 390, "height": 800})
    root.page.screenshot(path=folder / "preview-390.png", full_page=True)
    root.page.set_viewport_size({"width": 1280, "height": 800})
    root.open(f"{MAILS}test/")
    post.answers = ["554 Not from you", "250 Taken"]
    root.button("Send test mail").click()
    root.see("554 Not from you")
    root.page.screenshot(path=folder / "refused.png")
    root.button("Send test mail").click()
    root.see("The mail server accepted the mail to root@example.org")
    assert [to for to in post.recipients if to == ["root@example.org"]]
    assert root.complaints == []
    root.close()


def test_a_member_is_told_of_another_browser_and_not_of_the_same(
    browser: Browser, service: Hearthkey, post: MailServer
) -> None:
    service.create_member("ada", "ada@example.com")
    ada = Person(browser, service)
    ada.enrol_by_link("ada")
    ada.forget_service()
    ada.sign_in()
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
    ada.context.set_extra_http_headers({"User-Agent": iphone})
    ada.forget_service()
    ada.sign_in()
    ada.page.wait_for_timeout(6000)
    told = [letter for letter in post.taken if letter["To"] == "ada@example.com"]
    subjects = [str(letter["Subject"]) for letter in told]
    assert subjects.count("New sign-in to Hearthkey") == 1
    assert "A passkey was added to your account" in subjects
    (new,) = [letter for letter in told if letter["Subject"] == "New sign-in to Hearthkey"]
    assert "Safari on iPhone" in text_of(new)
    ada.close()


# J12, L05, L06
def test_a_code_that_was_asked_for_signs_in_where_it_was_asked_for_and_adds_no_passkey(
    browser: Browser, service: Hearthkey, post: MailServer
) -> None:
    service.create_member("ada", "ada@example.com")
    at_home = Person(browser, service)
    at_home.enrol_by_link("ada")
    asking = Person(browser, service)
    asking.open("/account/activity/")
    asking.link("Other ways to sign in").click()
    asking.link("Email me a code").click()
    asking.page.get_by_label("Your email address").fill("ada@example.com")
    asking.button("Send code").click()
    asking.see("Check your email")
    letter = wait_for(post, "ada@example.com", CODE)

    # The link of the mail is for the browser that asked.
    link = re.search(r"http\S+/lc/\S+", text_of(letter))
    assert link
    thief = Person(browser, service)
    thief.page.goto(link[0])
    assert thief.page.get_by_role("button", name="Sign in", exact=True).count() == 0
    thief.open("/account/")
    thief.arrive(re.compile("/login"))

    code = CODE.search(text_of(letter))
    assert code
    asking.page.get_by_label("Code from the email").fill(code[1].lower())
    asking.button("Sign in").click()
    asking.arrive(f"{service.url}/account/activity/")
    asking.see("You signed in with a one-time code.")
    asking.see("ask the person who runs this service for a code")
    asking.open("/account/passkeys/")
    asking.button("Add passkey").click()
    # It asks for the passkey that there is first.
    asking.see("No passkey was used.")
    assert asking.device.credentials() == []
    asking.page.goto(link[0])
    assert asking.page.get_by_role("button", name="Sign in", exact=True).count() == 0
    for person in (at_home, asking, thief):
        assert person.complaints == []
        person.close()


def wait_for(post: MailServer, to: str, text: re.Pattern[str]) -> EmailMessage:
    """Return the first mail to this address that says so, once the worker has sent it."""
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        for letter in post.taken:
            if letter["To"] == to and text.search(text_of(letter)):
                return letter
        time.sleep(0.1)
    raise AssertionError([text_of(letter) for letter in post.taken if letter["To"] == to])
