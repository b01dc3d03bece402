"""Names are text: on every page that shows one, markup in it is neither an element nor an attribute."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.services.codes import create_code
from accounts.services.groups import create_group
from accounts.services.members import NewMember, create_member
from oidc_clients.models import Client
from passkeys.models import Passkey
from tests.support.accounts.people import browser as passkey_browser
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, urlencode
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db

#: At most 50 characters, so that each fits everywhere. ``hostile`` is what an element or attribute would be called.
NAMES = [
    "<hostile>",
    '"><hostile onload=alert(1)>',
    "' hostile='1",
    '" hostile="1',
    "</title></script><hostile>",
    "<img/src=x hostile=alert(1)>",
    "{{ request }}{% hostile %}<hostile>",
    "&lt;hostile&gt;<hostile>",
    "--><hostile><!--",
    "שלום <hostile>",
    "]]><hostile>",
    "</textarea></select></style><hostile>",
]


class Elements(HTMLParser):
    """The names of a page's elements and attributes, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}
        self.text += " ".join(value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(page: str) -> set[str]:
    return {name for name in Elements(page).names if "hostile" in name or name.startswith("on")}


def pages(root: User, rose: User, app: RelyingParty) -> dict[str, Any]:
    """Return every page that shows a name of a member, a client, a group, a passkey or a device."""
    operator, member = passkey_browser(root), passkey_browser(rose)
    passkey = Passkey.objects.get(user=rose)
    anonymous, device = Browser(), world.signed_in(rose)
    link = "/" + create_code(user=rose, actor=None).link.split("/", 3)[3]
    shown = {
        "link": anonymous.get(link),
        "link while somebody else is signed in": passkey_browser(root).get(link),
        "account": member.get("/account/"),
        "profile": member.get("/account/profile"),
        "passkeys": member.get("/account/passkeys/"),
        "passkey removal": member.get(f"/account/passkeys/{passkey.pk}/remove"),
        "sign-out": member.get("/logout"),
        "confirm": member.get("/account/confirm"),
        "consent": world.follow(member, app.authorize(member, prompt="consent")),
        "account choice": world.follow(member, app.authorize(member, prompt="select_account")),
        "end of session": world.follow(member, member.get("/api/oidc/end-session", {"client_id": app.client_id})),
    }
    proof = {"client_id": app.client_id, "client_secret": app.secret, "scope": "openid"}
    agent = {"user-agent": rose.first_name.encode("ascii", "ignore").decode()}
    asked = anonymous.post("/api/oidc/device/authorize", urlencode(proof), content_type=world.FORM, headers=agent)
    code = {"user_code": asked.json()["user_code"]}
    shown["device"] = device.get("/device", code)
    shown["device confirmation"] = world.follow(device, device.post("/device", code))
    Client.objects.update(is_restricted=True)
    shown["denied"] = world.follow(member, app.authorize(member))
    group = rose.groups.get()
    for model, pk in (
        ("hearthkey_accounts/user", rose.pk),
        ("auth/group", group.pk),
        ("hearthkey_passkeys/passkey", passkey.pk),
        ("hearthkey_oidc_clients/client", app.row.pk),
    ):
        for page in ("", f"{pk}/change/", f"{pk}/delete/", f"{pk}/history/"):
            shown[f"{model} {page.removeprefix(str(pk))}"] = operator.get(f"/admin/{model}/{page}")
    shown["a new link"] = operator.post(f"/admin/hearthkey_accounts/user/{rose.pk}/code/")
    shown["a message"] = operator.post(f"/admin/hearthkey_accounts/user/{rose.pk}/disable/", follow=True)
    shown["administration"] = operator.get("/admin/")
    return shown


def household(name: str) -> tuple[User, RelyingParty]:
    rose = create_member(
        new=NewMember(username="rose", email="rose@example.org", first_name=name[:50], last_name=name[:50]), actor=None
    )
    create_group(friendly_name=name[:50], actor=None, members=[rose])
    Passkey.objects.filter(pk=passkey_of(rose).pk).update(name=name[:50])
    app = world.register(name[:50], description=name)
    return rose, app


# M08, A11, V42
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_on_every_page(root: User, name: str) -> None:
    rose, app = household(name)
    shown = pages(root, rose, app)
    for where, answer in shown.items():
        assert answer.status_code in (200, 403), (where, answer.status_code)
        assert hostile(answer.content.decode()) == set(), where
    # Most of these show it, letter by letter: they would not be safe by leaving it out.
    told = [where for where, answer in shown.items() if name in Elements(answer.content.decode()).text]
    assert len(told) > len(shown) / 2, sorted(set(shown) - set(told))


# M08, V42
def test_a_name_that_were_no_text_would_be_noticed() -> None:
    assert hostile("<p><hostile></p>") == {"hostile"}
    assert hostile('<p title="" hostile="1">') == {"hostile"}
    assert hostile("<img src=x onerror=alert(1)>") == {"onerror"}
    assert hostile("<p title='&lt;hostile&gt;'>&lt;hostile&gt;</p>") == set()


# M08, V42
@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: hostile=1", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b"])
def test_a_line_break_in_a_name_ends_no_header_and_no_log_line(
    root: User, rose: User, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    operator = passkey_browser(root)
    page = f"/admin/hearthkey_accounts/user/{rose.pk}/change/"
    form = {"username": "rose", "email": "rose@example.org", "first_name": name, "last_name": name}
    answers = [
        operator.post(page, form),
        operator.post("/admin/auth/group/add/", {"friendly_name": name}),
        Browser().get("/login", headers={"user-agent": name}),
        Browser().get("/authorize", {"client_id": name, "redirect_uri": name, "state": name}),
        passkey_browser(rose).post(f"/account/passkeys/{passkey_of(rose).pk}/rename", {"name": name}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "hostile" not in answer.cookies
        assert not any(mark in value for value in answer.headers.values() for mark in "\r\n\x00")
    rose.refresh_from_db()
    assert "\n" not in rose.first_name + rose.last_name
    assert all(line[:2] == "20" or not line for line in capsys.readouterr().out.split("\n")), "a line was forged"
    # The twin, without the break.
    operator.post(page, {**form, "first_name": "Rosa", "last_name": "Rot"})
    rose.refresh_from_db()
    assert rose.get_full_name() == "Rosa Rot"
