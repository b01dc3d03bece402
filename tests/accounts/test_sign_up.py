from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import EmailVerification, Invitation, ReservedIdentifier, User
from accounts.services.groups import create_group
from accounts.services.identifiers import release
from accounts.services.members import NewMember, delete_member
from accounts.services.sign_up import sign_up
from tests.support.accounts.inviting import fill_in, invite, the_link
from tests.support.accounts.people import browser, events, make, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root() -> User:
    """Somebody set the service up."""
    return superuser()


@pytest.fixture
def _open(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


# Modes.


@pytest.mark.parametrize(
    ("mode", "status", "title"),
    [
        (None, 403, "Sign-up is closed"),
        ("off", 403, "Sign-up is closed"),
        ("link", 403, "You need a sign-up link"),
        ("everybody", 403, "Sign-up is closed"),
        ("open", 200, "Create your account"),
    ],
)
def test_the_page_without_a_link_is_there_only_while_sign_up_is_open(
    mode: str | None, status: int, title: str, settings: Any
) -> None:
    if mode is not None:
        settings.HEARTHKEY_ACCOUNTS_SIGN_UP = mode
    response = browser().get("/signup")
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in text_of(response)


@pytest.mark.parametrize(("mode", "made"), [("off", False), ("link", False), ("open", True)])
def test_an_account_without_a_link_is_made_only_while_sign_up_is_open(mode: str, made: bool, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = mode
    response = fill_in("/signup")
    assert response.status_code == (302 if made else 403)
    assert User.objects.filter(username="newcomer").exists() is made
    reasons = {"off": ["closed"], "link": ["no_link"], "open": []}
    assert [event.data["reason"] for event in events("sign_up_refused")] == reasons[mode]


def test_the_mode_may_be_a_function_that_is_asked_each_time(settings: Any) -> None:
    modes = iter(["off", "open"])
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = lambda: next(modes)
    assert [browser().get("/signup").status_code for _ in range(2)] == [403, 200]


# The page.


@pytest.mark.usefixtures("_open")
def test_the_page_says_in_three_sentences_what_a_passkey_is() -> None:
    (told,) = re.findall(r"<p>(You'll sign in with a passkey.*?)</p>", text_of(browser().get("/signup")), re.DOTALL)
    assert len(re.findall(r"\.(?:\s|$)", told)) == 3


@pytest.mark.parametrize(("required", "mark"), [(True, "Email address<"), (False, ("Email address (optional)<"))])
@pytest.mark.usefixtures("_open")
def test_an_address_is_asked_for_and_demanded_where_the_operator_says_so(
    required: bool, mark: str, settings: Any
) -> None:
    settings.HEARTHKEY_ACCOUNTS_EMAIL_REQUIRED = required
    assert mark in text_of(browser().get("/signup"))
    for email in ("", "  "):
        response = fill_in("/signup", f"someone{len(email)}", email=email)
        assert response.status_code == (400 if required else 302)
        if required:
            assert response.context["form"].errors.keys() == {"email"}
    assert fill_in("/signup", "with-one", email="with@example.com").status_code == 302


def test_the_service_demands_an_address_too(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    settings.HEARTHKEY_ACCOUNTS_EMAIL_REQUIRED = True
    with pytest.raises(Exception, match="Enter your email address"):
        sign_up(new=NewMember(username="ada"), token=None)
    assert sign_up(new=NewMember(username="ada", email="ada@example.com"), token=None).email == "ada@example.com"


@pytest.mark.usefixtures("_open")
def test_what_was_typed_becomes_the_account() -> None:
    response = fill_in("/signup", "ada", first_name="Ada", last_name="Lovelace", email="ada@example.com")
    assert (response.status_code, response.headers["Location"]) == (302, "/account/passkeys/first")
    ada = User.objects.get(username="ada")
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Lovelace", "ada@example.com")
    assert not ada.has_usable_password()
    assert (ada.is_staff, ada.is_superuser, ada.email_verified, ada.verified_email) == (False, False, False, "")


@pytest.mark.usefixtures("_open")
def test_nobody_makes_themselves_more_than_a_member() -> None:
    more = {"is_staff": "on", "is_superuser": "on", "email_verified": "on", "groups": "1", "user_permissions": "1"}
    fill_in("/signup", "mallory", email="m@example.com", sign_up="", invitation="x", **more)
    mallory = User.objects.get(username="mallory")
    assert (mallory.is_staff, mallory.is_superuser, mallory.email_verified) == (False, False, False)
    assert not mallory.groups.exists()
    assert not mallory.user_permissions.exists()


@pytest.mark.parametrize("way", ["sign_up", "operator"])
def test_only_an_address_that_an_operator_enters_is_vouched_for(way: str, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    settings.HEARTHKEY_ACCOUNTS_EMAILS_VERIFIED = True
    if way == "sign_up":
        fill_in("/signup", "ada", email="ada@example.com")
    else:
        make("ada", email="ada@example.com")
    ada = User.objects.get(username="ada")
    assert (ada.email_verified, ada.verified_email) == ((False, "") if way == "sign_up" else (True, "ada@example.com"))


# What is refused at its field.


@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize("fate", ["here", "deleted", "released"])
@pytest.mark.usefixtures("_open")
def test_what_is_or_was_anothers_is_refused_at_its_field(field: str, fate: str, root: User) -> None:
    old = make("ada", email="ada@example.com")
    old_pk = old.pk
    if fate != "here":
        delete_member(member=old, actor=root)
    if fate == "released":
        for identifier in ReservedIdentifier.objects.filter(owner_id=old_pk):
            release(identifier=identifier, actor=root)
    typed = {"username": "other", "email": "other@example.com", "first_name": "Zoë"}
    typed[field] = {"username": "ADA", "email": "Ada@Example.com"}[field]
    response = browser().post("/signup", typed)
    if fate == "released":
        assert response.status_code == 302
        return
    assert response.status_code == 409
    form = response.context["form"]
    assert list(form.errors) == [field]
    # Neither whose it is, nor whether they are still here.
    assert re.search(r"isn't available|can't be used", str(form.errors[field]).replace("&#x27;", "'"))
    # What was typed is still there.
    for value in typed.values():
        assert f'value="{value}"' in text_of(response)
    assert not User.objects.filter(first_name="Zoë").exists()


@pytest.mark.usefixtures("_open")
def test_both_are_told_at_once() -> None:
    make("ada", email="ada@example.com")
    response = fill_in("/signup", "ada", email="ada@example.com")
    assert set(response.context["form"].errors) == {"username", "email"}


@pytest.mark.usefixtures("_open")
def test_a_refused_field_says_the_same_of_somebody_here_and_somebody_gone(root: User) -> None:
    make("here", email="here@example.com")
    delete_member(member=make("gone", email="gone@example.com"), actor=root)
    told = {
        str(fill_in("/signup", name, email=f"{name}@example.com").context["form"].errors) for name in ("here", "gone")
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("username", "", "ada"),
        ("username", "a b", "a.b"),
        ("username", "-ada", "ada-1"),
        ("username", "a" * 51, "a" * 50),
        ("username", "ada\x00", "ada"),
        ("email", "not an address", "an@address.example"),
        ("email", "a" * 250 + "@example.com", "a@example.com"),
        ("first_name", "x" * 51, "x" * 50),
        ("last_name", "a\nb", "a b"),
    ],
)
@pytest.mark.usefixtures("_open")
def test_ill_formed_values_are_refused_at_their_field(field: str, value: str, good: str) -> None:
    response = browser().post("/signup", {"username": "ada", field: value})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert User.objects.count() == 1
    assert browser().post("/signup", {"username": "ada", field: good}).status_code == 302


def test_no_field_is_judged_where_sign_up_is_closed() -> None:
    make("ada", email="ada@example.com")
    taken, free = fill_in("/signup", "ada"), fill_in("/signup", "free")
    assert taken.status_code == free.status_code == 403
    assert re.sub(r"<code>.*?</code>", "", text_of(taken)) == re.sub(r"<code>.*?</code>", "", text_of(free))


@pytest.mark.usefixtures("_open")
def test_names_are_shown_as_text() -> None:
    response = fill_in("/signup", "<script>alert(1)</script>", first_name='"><b>x')
    assert "<script>alert(1)" not in response.content.decode()
    assert '"><b>x' not in response.content.decode()
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"username=%00", b"username=" + b"a" * 100_000])
@pytest.mark.usefixtures("_open")
def test_nonsense_makes_no_account(body: bytes) -> None:
    response = browser().post("/signup", body, content_type="application/x-www-form-urlencoded")
    assert 400 <= response.status_code < 500
    assert User.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.usefixtures("_open")
def test_other_methods_are_not_allowed(method: str) -> None:
    assert getattr(browser(), method)("/signup").status_code == 405


# L10
@pytest.mark.usefixtures("_open")
def test_the_form_needs_its_own_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/signup", {"username": "ada"}).status_code == 403
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', text_of(client.get("/signup")))
    answer = client.post(
        "/signup", {"username": "ada", "csrfmiddlewaretoken": token}, headers={"origin": "http://testserver"}
    )
    assert answer.status_code == 302


# Groups.


def test_newcomers_join_the_default_groups_but_no_role(settings: Any) -> None:
    family = create_group(friendly_name="Family", actor=None)
    role = create_group(friendly_name="Operators", actor=None, is_role=True)
    carrying = create_group(friendly_name="Carrying", actor=None)
    carrying.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP_GROUPS = (family.pk, role.pk, carrying.pk, 999_999)
    assert fill_in("/signup", "ada").status_code == 302
    assert list(User.objects.get(username="ada").groups.all()) == [family]
    (joined,) = events("membership_changed")
    assert joined.data["joined"] == ["family"]


def test_a_links_own_groups_replace_the_default_ones(settings: Any) -> None:
    family, guests = (create_group(friendly_name=name, actor=None) for name in ("Family", "Guests"))
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP_GROUPS = (family.pk,)
    fill_in(invite(groups=[guests]), "by-own")
    fill_in(invite(), "by-default")
    assert list(User.objects.get(username="by-own").groups.all()) == [guests]
    assert list(User.objects.get(username="by-default").groups.all()) == [family]


@pytest.mark.parametrize("becomes", ["role", "deleted"])
def test_a_group_that_is_no_plain_group_any_more_keeps_nobody_out(becomes: str) -> None:
    guests = create_group(friendly_name="Guests", actor=None)
    path = invite(groups=[guests])
    if becomes == "role":
        guests.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
    else:
        Group.objects.filter(pk=guests.pk).delete()
    assert fill_in(path).status_code == 302
    assert not User.objects.get(username="newcomer").groups.exists()


# The session, and where it leads.


@pytest.mark.usefixtures("_open")
def test_the_new_session_says_how_it_began_and_is_never_fresh() -> None:
    client = browser()
    client.get("/signup")
    fill_in("/signup", "ada", client=client)
    entry = client.session["hearthkey_auth"]
    assert (entry["method"], entry["source"], entry["at"], entry["passkey"]) == ("setup", "sign_up", None, None)
    assert client.get("/account/").status_code == 200
    (signed_in,) = events("signed_in")
    assert (signed_in.data["method"], signed_in.data["source"]) == ("setup", "sign_up")


# L01
@pytest.mark.usefixtures("_open")
def test_the_session_before_is_worth_nothing_afterwards(settings: Any) -> None:
    client = browser()
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
    fill_in("/signup", "ada", client=client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "chosen-by-somebody-else"
    stranger = browser()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
    assert stranger.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/account/activity/", True),
        ("/authorize/interaction/abc?x=1&y=2", True),
        ("http://testserver/account/", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("by_link", [True, False])
def test_where_somebody_was_heading_goes_along_if_it_is_a_page_of_ours(
    wanted: str, kept: bool, by_link: bool, settings: Any
) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    path = invite() if by_link else "/signup"
    client = browser()
    page = client.get(path, {"next": wanted})
    hidden = re.findall(r'<input type="hidden" name="next" value="([^"]*)">', page.content.decode())
    assert [html.unescape(value) for value in hidden] == ([wanted] if kept else [])
    response = fill_in(path, client=client, next=wanted)
    first = "/account/passkeys/first"
    location = response.headers["Location"]
    if not kept:
        assert location == first
        return
    offered = client.get(location)
    assert location.startswith(f"{first}?next=")
    assert offered.context["next"] == wanted


def test_a_refused_visitor_signs_in_and_goes_on() -> None:
    text = text_of(browser().get("/signup?next=/account/activity/"))
    assert 'href="/login?next=%2Faccount%2Factivity%2F"' in text


# Somebody is signed in already.


@pytest.mark.parametrize("by_link", [True, False])
def test_who_is_signed_in_is_told_and_may_sign_out_first(by_link: bool, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    path = invite() if by_link else "/signup"
    client = browser(make("bob"))
    page = client.get(f"{path}?next=/account/activity/")
    assert page.status_code == 200
    assert "You're signed in as bob in this browser" in text_of(page)
    assert fill_in(path, "second-self", client=client).status_code == 409
    assert not User.objects.filter(username="second-self").exists()
    assert client.session["_auth_user_id"] == str(User.objects.get(username="bob").pk)

    back = html.unescape(re.findall(r'name="next" value="([^"]+)"', page.content.decode())[0])
    left = client.post("/signup/sign-out", {"next": back})
    assert left.headers["Location"] == f"{path}?next=/account/activity/"
    assert len(events("signed_out")) == 1
    assert "Create your account" in text_of(client.get(left.headers["Location"]))
    assert fill_in(path, "second-self", client=client).status_code == 302


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "", "javascript:alert(1)"])
def test_signing_out_first_leads_to_no_other_site(back: str) -> None:
    for client in (browser(make("bob")), browser()):
        assert client.post("/signup/sign-out", {"next": back}).headers["Location"] == "/signup"
        assert client.get("/account/").status_code == 302


def test_a_look_signs_nobody_out() -> None:
    client = browser(make("bob"))
    assert client.get("/signup/sign-out").status_code == 405
    assert client.get("/account/").status_code == 200


# Limits, headers, events.


@pytest.mark.usefixtures("_open")
def test_sign_up_is_limited_and_looking_at_it_is_not(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    assert [fill_in("/signup", f"n{number}").status_code for number in range(10)] == [302] * 10
    stopped = fill_in("/signup", "n11")
    assert stopped.status_code == 429
    assert 1 <= int(stopped.headers["Retry-After"]) <= 30
    assert not User.objects.filter(username="n11").exists()
    assert browser().get("/signup").status_code == 200


def test_trying_links_is_limited_and_following_a_good_one_is_not(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    good = invite()
    assert [browser().get(f"/st/{number}").status_code for number in range(11)] == [404] * 10 + [429]
    assert len(events("sign_up_refused")) == 10
    assert browser().get(good).status_code == 200


@pytest.mark.parametrize("path", ["/signup", "/st/unknown", "good"])
@pytest.mark.usefixtures("_open")
def test_the_address_reaches_no_cache_and_no_other_site(path: str) -> None:
    path = invite() if path == "good" else path
    for response in (browser().get(path), fill_in(path, ""), fill_in(path)):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "strict-origin"
        # A client's popup keeps its opener.
        assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


@pytest.mark.usefixtures("_open")
def test_the_page_of_the_first_passkey_keeps_a_popups_opener_too() -> None:
    client = browser()
    first = fill_in("/signup", client=client).headers["Location"]
    assert client.get(first).headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


@pytest.mark.parametrize("by_link", [True, False])
def test_the_trail_says_how_the_account_came_about(by_link: bool, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    fill_in(invite() if by_link else "/signup", "ada")
    created = events("member_created")[-1]
    assert created.subject_id == str(User.objects.get(username="ada").pk)
    assert created.data["sign_up"] == ("link" if by_link else "open")
    assert created.data.get("invitation") == (str(the_link().pk) if by_link else None)
    operators = events("member_created")[0]
    assert "sign_up" not in operators.data


@pytest.mark.usefixtures("_open")
def test_a_rollback_leaves_neither_account_nor_event(monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import signals  # noqa: PLC0415  # beside the one test that needs it

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError

    signals.member_created.connect(fail)
    try:
        assert fill_in("/signup", "ada").status_code == 500
    finally:
        signals.member_created.disconnect(fail)
    assert not User.objects.filter(username="ada").exists()
    assert len(events("member_created")) == 1
    assert not ReservedIdentifier.objects.filter(key="ada").exists()
    assert fill_in("/signup", "ada").status_code == 302


def test_the_first_run_comes_before_any_sign_up(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    call_command("flush", interactive=False, verbosity=0)
    Invitation.objects.all().delete()
    response = fill_in("/signup")
    assert response.status_code != 302 or response.headers["Location"] == "/setup"
    assert not User.objects.exists()


# The address.


def no_mail() -> bool:
    return False


@pytest.mark.parametrize(
    ("email", "is_on", "sent"), [("ada@example.com", True, True), ("", True, False), ("ada@example.com", False, False)]
)
def test_a_link_that_proves_the_address_is_mailed_to_it(email: str, is_on: bool, sent: bool, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None
    if not is_on:
        settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = "tests.accounts.test_sign_up.no_mail"
    assert fill_in("/signup", "ada", email=email).status_code == 302
    verifications = EmailVerification.objects.filter(user__username="ada")
    assert list(verifications.values_list("address", flat=True)) == ([email] if sent else [])


def test_no_link_is_mailed_for_an_account_that_is_not_made(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None
    make("ada")
    assert fill_in("/signup", "ada", email="ada@example.com").status_code == 409
    assert not EmailVerification.objects.exists()
