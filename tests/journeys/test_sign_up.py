"""A newcomer follows a sign-up link, from the operator's form to the app they were heading for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support import servers
from tests.support.people import TIMEOUT, Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.clients, pytest.mark.timeout(180)]


@pytest.fixture
def operator(person: Callable[..., Person]) -> Person:
    rosa = person()
    rosa.enrol_by_link("root")
    return rosa


def make_link(operator: Person, *, group: str = "", most: str = "1", note: str = "") -> str:
    """Make a link that works while sign-up is off, and copy it off the page that shows it once."""
    operator.administer("/admin/hearthkey_accounts/invitation/add/")
    operator.page.locator("[name=max_uses]").fill(most)
    operator.page.locator("[name=note]").fill(note)
    operator.page.get_by_label("Works while sign-up is disabled").check()
    if group:
        operator.page.get_by_label(re.compile(rf"\({re.escape(group)}\)$")).check()
    operator.save()
    link: str = operator.page.locator("#sign-up-link").inner_text(timeout=TIMEOUT)
    return link


def fill_in(newcomer: Person, username: str) -> None:
    newcomer.page.get_by_label("Username").fill(username)
    newcomer.page.get_by_label("Email address").fill(f"{username}@example.com")
    newcomer.button("Create account").click()


def test_a_newcomer_comes_by_link_enrols_and_ends_at_the_client(
    service: Hearthkey, operator: Person, person: Callable[..., Person], tmp_path: Path
) -> None:
    operator.create_group("Book club")
    link = make_link(operator, group="book_club")
    # The page's own policy let the picture through.
    picture = operator.page.get_by_alt_text("QR code of the link, to scan with a phone")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100

    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Books", site.callback_url, "--group", "book_club")
    newcomer = person()
    with site.start(site, credentials, service.url):
        # They came from the app, which is what the link's `next` says.
        newcomer.page.goto(site.login_url)
        newcomer.arrive(re.compile(r"/login\?next="))
        heading = urlsplit(newcomer.page.url).query
        newcomer.page.goto(f"{link}?{heading}")
        fill_in(newcomer, "nora")
        newcomer.arrive(re.compile(r"/account/passkeys/first\?next="))
        newcomer.button("Add passkey").click()
        newcomer.button("Continue").click()
        newcomer.arrive(site.whoami_url)
        claims = newcomer.whoami(site)["claims"]
        assert (claims["preferred_username"], claims["groups"]) == ("nora", ["book_club"])
        assert (claims["email"], claims["email_verified"]) == ("nora@example.com", False)

        # The passkey is theirs: another day they sign in with it.
        newcomer.forget_service()
        newcomer.sign_in_at(site, consent=False)
        assert newcomer.whoami(site)["claims"]["sub"] == claims["sub"]

    late = person()
    late.page.goto(link)
    late.see("This sign-up link has been used up")
    operator.administer("/admin/hearthkey_accounts/invitation/")
    operator.see("1 of 1")


def test_skipping_the_passkey_is_asked_again_and_ends_where_they_were_heading(
    operator: Person, person: Callable[..., Person]
) -> None:
    link = make_link(operator)
    newcomer = person()
    newcomer.page.goto(f"{link}?next={quote('/account/passkeys/')}")
    fill_in(newcomer, "skipper")
    newcomer.link("Skip for now").click()
    newcomer.see("Without a passkey you cannot sign in again once you have left.")
    newcomer.link("Yes, go on without a passkey").click()
    newcomer.arrive(re.compile(r"/account/passkeys/$"))


def test_a_mistake_keeps_what_was_typed_and_the_link(operator: Person, person: Callable[..., Person]) -> None:
    link = make_link(operator)
    newcomer = person()
    newcomer.page.goto(link)
    newcomer.page.get_by_label("First name").fill("Zoë")
    fill_in(newcomer, "ROOT")
    newcomer.see("This username isn't available. Choose another one.")
    expect(newcomer.page.get_by_label("First name")).to_have_value("Zoë")
    fill_in(newcomer, "zoe")
    newcomer.arrive(re.compile(r"/account/passkeys/first"))


def test_who_is_signed_in_may_sign_out_and_make_another_account(
    service: Hearthkey, operator: Person, person: Callable[..., Person]
) -> None:
    link = make_link(operator)
    service.create_member("signed-in", "signed-in@example.com")
    member = person()
    member.enter_by_link("signed-in")
    member.page.goto(link)
    member.see("You're already signed in")
    member.button("Sign out and continue").click()
    fill_in(member, "another-self")
    member.arrive(re.compile(r"/account/passkeys/first"))


def test_a_revoked_link_says_so(operator: Person, person: Callable[..., Person]) -> None:
    link = make_link(operator, note="For nobody")
    newcomer = person()
    newcomer.page.goto(link)
    newcomer.see("Create your account")
    operator.link("Done").click()
    operator.button("Revoke").click()
    operator.see("1 sign-up link revoked.")
    fill_in(newcomer, "too-late")
    newcomer.see("This sign-up link has been revoked")
