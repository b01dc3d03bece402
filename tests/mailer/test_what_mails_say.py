"""What stands in a mail, whatever people call themselves."""

from __future__ import annotations

import email
import email.policy
import re
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation

from mailer.services.kinds import _OWN, Kind, kind_of
from mailer.services.rendering import compose, render

NAMES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "{{ secret }}{% debug %}",
    "Ada\r\nBcc: everybody@example.com",
    "Ada\nContent-Type: text/html\n\n<b>x</b>",
    "Ada\x00\x1b[31m",
    "Ada\u2028Bcc: x@example.com",
    "\u202eadA",
    "&lt;script&gt;",
    'Ada, "Countess" <x@example.com>',
    "Żółć 家 🔑",
]
ALLOWED_TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "p", "h1", "a", "strong",
    "img", "br",
}  # fmt: skip

OWN = sorted(kind.name for kind in _OWN)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _value in attrs]))


def tags(html: str) -> list[tuple[str, list[str]]]:
    parser = Tags()
    parser.feed(html)
    return parser.found


def hostile(kind: Kind, name: str) -> dict[str, Any]:
    return {key: value if key.endswith("_at") or key == "what" else name for key, value in kind.sample.items()}


@pytest.fixture(autouse=True)
def _a_site_without_configuration(settings: Any) -> None:
    for name in ("INSTANCE_NAME", "COLOUR", "LOGO_URL", "FROM", "USER"):
        setattr(settings, f"HEARTHKEY_MAILER_{name}", "")


@pytest.mark.parametrize("name", OWN)
def test_every_kind_names_the_instance_and_all_it_was_given(settings: Any, name: str) -> None:
    settings.HEARTHKEY_MAILER_INSTANCE_NAME = "Club & Sons"
    kind = kind_of(name)
    letter = render(kind=name, variables=kind.sample)
    assert letter.subject
    assert "Club & Sons" in letter.text
    assert "Club &amp; Sons" in letter.html
    left_out = {"base_url", "account_url", "expires_at", "happened_at", "what"}
    for key, value in kind.sample.items():
        if key not in left_out and not (name == "login_code_notice" and key == "name"):
            assert value in letter.text, key
            assert value in letter.html, key
    for left in ("{{", "{%", "None"):
        assert left not in letter.text
        assert left not in letter.html


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("called", NAMES)
def test_no_name_gets_out_of_its_place(settings: Any, name: str, called: str) -> None:  # M08
    settings.HEARTHKEY_MAILER_INSTANCE_NAME = called
    letter = render(kind=name, variables=hostile(kind_of(name), called))
    plain = render(kind=name, variables=hostile(kind_of(name), "Ada"))
    assert tags(letter.html) == tags(plain.html)
    assert {tag for tag, _attributes in tags(letter.html)} <= ALLOWED_TAGS
    assert not any(attribute.startswith("on") for _tag, names in tags(letter.html) for attribute in names)
    assert not re.search("[\r\x00\x1b\u2028\u202e]", letter.subject + letter.text + letter.html)
    sent = compose(letter, to="ada@example.com", message_id=uuid.uuid4()).message().as_bytes()
    headers = email.message_from_bytes(sent, policy=email.policy.default)
    assert "Bcc" not in headers
    assert headers.get_all("To") == ["ada@example.com"]
    assert headers.get_content_type() == "multipart/alternative"
    assert len(headers.get_all("From") or []) == 1
    assert [address.addr_spec for address in headers["From"].addresses] == ["noreply@localhost"]


def test_the_plain_text_is_not_escaped() -> None:
    letter = render(kind="passkey_added", variables={**kind_of("passkey_added").sample, "passkey": "Ada's <key> & co"})
    assert "Ada's <key> & co" in letter.text
    assert "Ada&#x27;s &lt;key&gt; &amp; co" in letter.html


def test_the_look_is_the_instances(settings: Any) -> None:
    plain = render(kind="test", variables={})
    assert "#a8400f" in plain.html
    assert "<img" not in plain.html
    settings.HEARTHKEY_MAILER_COLOUR = "#123456"
    settings.HEARTHKEY_MAILER_LOGO_URL = "https://id.example.com/look/logo-light?v=1"
    ours = render(kind="passkey_added", variables=kind_of("passkey_added").sample)
    assert "#123456" in ours.html
    assert 'src="https://id.example.com/look/logo-light?v=1"' in ours.html


@pytest.mark.parametrize(
    ("what", "by", "sentence"),
    [
        ("made", "olga", "administrator olga created a code"),
        ("sent", "olga", "administrator olga sent a code"),
        ("used", "olga", "that your administrator olga created"),
        ("made", "", "A code was created"),
        ("used", "", "signed in to your account with a one-time code"),
    ],
)
def test_a_notice_of_a_code_says_what_happened_and_who_did_it(what: str, by: str, sentence: str) -> None:
    assert sentence in render(kind="login_code_notice", variables={"what": what, "by": by}).text


def test_a_mail_is_in_its_readers_language_and_not_in_the_senders() -> None:
    with translation.override("de"):
        assert "Hello Ada," in render(kind="test", variables={"name": "Ada"}).text
    letter = render(kind="test", variables={"name": "Ada"}, language="de")
    assert 'lang="de"' in letter.html
    assert 'lang="en"' in render(kind="test", variables={}, language="no such").html


@pytest.mark.parametrize(
    ("configured", "user", "expected"),
    [
        ("login@example.com", "", "Home <login@example.com>"),
        ("", "post@example.org", "Home <post@example.org>"),
        ("", "postman", "Home <noreply@localhost>"),
        ("Somebody <login@example.com>", "", "Somebody <login@example.com>"),
    ],
)
def test_the_sender(settings: Any, configured: str, user: str, expected: str) -> None:
    from mailer.services.rendering import sender  # noqa: PLC0415

    settings.HEARTHKEY_MAILER_INSTANCE_NAME = "Home"
    settings.HEARTHKEY_MAILER_FROM, settings.HEARTHKEY_MAILER_USER = configured, user
    assert sender() == expected
