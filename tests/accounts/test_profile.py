from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from accounts.forms import ProfileForm
from accounts.models import ReservedIdentifier, User
from accounts.services.members import change_member, disable_member
from tests.support.accounts.letters import PROFILE, recipients, send, typed
from tests.support.accounts.people import browser, events, make
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_of_a_stock_site(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com", email_verified=True, first_name="Ada", last_name="Lovelace")


def errors_of(response: Any) -> list[str]:
    return sorted(response.context["form"].errors)


def now(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_names_are_changed_without_a_fresh_passkey_and_told_in_the_trail(ada: User) -> None:  # L12
    client = browser()
    begin_passkey_session(client, ada, age=7200)
    before = ada.updated_at
    changes = {"first_name": "Augusta", "last_name": "King", "display_name": "Countess", "locale": "en"}
    response = send(client, PROFILE, typed(ada, **changes))
    assert response.status_code == 302
    ada = now(ada)
    assert {name: getattr(ada, name) for name in changes} == changes
    assert ada.updated_at > before
    (event,) = events("member_changed")
    assert event.data["after"] == changes
    assert event.actor_id == event.subject_id == str(ada.pk)
    assert mail.outbox == []


@pytest.mark.parametrize("changes", [{"email": "new@example.com"}, {"username": "countess"}, {"email": ""}])
@pytest.mark.parametrize("age", [0, 7200])
def test_address_and_user_name_need_a_fresh_passkey(ada: User, changes: dict[str, str], age: int) -> None:  # L05
    client = browser()
    begin_passkey_session(client, ada, age=age)
    send(client, PROFILE, typed(ada, **changes))
    expected = getattr(ada, *changes) if age else next(iter(changes.values()))
    assert getattr(now(ada), *changes) == expected
    assert len(events("member_changed")) == (0 if age else 1)


@pytest.mark.parametrize("method", ["code", "device", "setup"])
def test_a_session_that_no_passkey_began_changes_no_address(ada: User, method: str) -> None:  # L05, V04
    client = browser(ada)
    session = client.session
    session["hearthkey_auth"] = {"method": method, "at": None, "passkey": None}
    session.save()
    send(client, PROFILE, typed(ada, email="thief@example.com"))
    assert now(ada).email == "ada@example.com"
    assert send(client, PROFILE, typed(ada, first_name="Augusta")).status_code == 302
    assert now(ada).first_name == "Augusta"


def test_the_step_up_window_is_the_sites(ada: User, settings: Any) -> None:
    from datetime import timedelta  # noqa: PLC0415

    client = browser()
    begin_passkey_session(client, ada, age=7200)
    settings.HEARTHKEY_ACCOUNTS_STEP_UP_WINDOW = timedelta(hours=3)
    send(client, PROFILE, typed(ada, username="countess"))
    assert now(ada).username == "countess"


def test_a_new_address_is_not_verified_and_both_addresses_hear_of_it(ada: User) -> None:  # G12, L09
    response = send(browser(ada), PROFILE, typed(ada, email="new@example.com"))
    assert response.status_code == 302
    ada = now(ada)
    assert (ada.email, ada.email_verified, ada.verified_email) == ("new@example.com", False, "ada@example.com")
    assert sorted(recipients()) == ["ada@example.com", "new@example.com"]
    told = next(letter for letter in mail.outbox if letter.to == ["ada@example.com"])
    assert "ada@example.com" in told.body
    assert "new@example.com" in told.body
    assert "verify-email" not in told.body


def test_an_address_that_was_never_verified_hears_of_a_new_one_too() -> None:  # L09
    ada = make("ada", email="ada@example.com")
    send(browser(ada), PROFILE, typed(ada, email="new@example.com"))
    assert sorted(recipients()) == ["ada@example.com", "new@example.com"]


def test_the_last_verified_address_hears_of_every_further_change(ada: User) -> None:  # L09
    client = browser(ada)
    send(client, PROFILE, typed(ada, email="second@example.com"))
    mail.outbox.clear()
    send(client, PROFILE, typed(now(ada), email="third@example.com"))
    assert sorted(recipients()) == ["ada@example.com", "second@example.com", "third@example.com"]


def test_nobody_is_told_where_the_address_stayed(ada: User) -> None:
    send(browser(ada), PROFILE, typed(ada, username="countess"))
    assert mail.outbox == []
    assert now(ada).email_verified


@pytest.mark.parametrize("field", ["email_verified", "verified_email", "is_staff", "is_superuser", "is_active", "id"])
def test_what_is_on_no_form_is_not_changed_by_sending_it(ada: User, field: str) -> None:  # G12
    forged = {**typed(ada, email="new@example.com"), field: "1"}
    assert send(browser(ada), PROFILE, forged).status_code == 302
    ada = now(ada)
    assert ada.email == "new@example.com"
    assert (ada.email_verified, ada.verified_email) == (False, "ada@example.com")
    assert (ada.is_staff, ada.is_superuser, ada.is_active) == (False, False, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "BOB@example.com"}, "email"),
        ({"email": "bob2@example.com"}, None),
        ({"username": "BOB"}, "username"),
        ({"username": "bob@example.com"}, "username"),
        ({"username": "bob2@example.com"}, None),
        ({"username": "bob2"}, None),
        ({"username": ""}, "username"),
        ({"username": "<b>"}, "username"),
        ({"email": "nonsense"}, "email"),
        ({"email": "a@b.c\r\nBcc: x@y.z"}, "email"),
        ({"first_name": "x" * 51}, "first_name"),
        ({"first_name": "x" * 50}, None),
        ({"display_name": "a\u2028b"}, "display_name"),
        ({"display_name": "a\x07b"}, "display_name"),
        ({"display_name": "a b"}, None),
        ({"locale": "tlh"}, "locale"),
        ({"locale": "en"}, None),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_field_and_kept_as_typed(
    ada: User, changes: dict[str, str], field: str | None
) -> None:
    make("bob", email="bob@example.com")
    response = send(browser(ada), PROFILE, typed(ada, **changes))
    if field is None:
        assert response.status_code == 302
        assert getattr(now(ada), *changes) == next(iter(changes.values()))
    else:
        assert response.status_code in (400, 409)
        assert errors_of(response) == [field]
        assert response.context["form"][field].value() == changes[field]
        assert getattr(now(ada), field) == getattr(ada, field)
        assert mail.outbox == []


def test_names_are_stored_in_one_form_of_unicode(ada: User) -> None:
    send(browser(ada), PROFILE, typed(ada, display_name="  Ame\u0301lie "))
    assert now(ada).display_name == "Am\u00e9lie"


def test_a_given_up_name_and_address_stay_the_members_own(ada: User) -> None:  # G02
    client, bob = browser(ada), make("bob")
    send(client, PROFILE, typed(ada, username="countess", email="new@example.com"))
    for changes in ({"username": "ada"}, {"email": "ada@example.com"}):
        assert send(browser(bob), PROFILE, typed(bob, **changes)).status_code == 409
    assert ReservedIdentifier.objects.filter(owner_id=ada.pk).count() == 4
    assert send(client, PROFILE, typed(now(ada), username="ada")).status_code == 302
    assert now(ada).username == "ada"


@pytest.mark.parametrize("required", [True, False])
def test_an_address_may_be_given_up_unless_the_service_needs_one(ada: User, settings: Any, *, required: bool) -> None:
    settings.HEARTHKEY_ACCOUNTS_EMAIL_REQUIRED = required
    response = send(browser(ada), PROFILE, typed(ada, email=""))
    assert response.status_code == (400 if required else 302)
    ada = now(ada)
    assert (ada.email, ada.verified_email) == (("ada@example.com",) * 2 if required else ("", ""))


@pytest.mark.parametrize("allowed", [True, False])
def test_the_user_name_is_the_members_to_change_only_where_the_operator_lets_them(
    ada: User, settings: Any, *, allowed: bool
) -> None:
    settings.HEARTHKEY_ACCOUNTS_USER_NAME_EDITING = allowed
    client = browser(ada)
    page = client.get(PROFILE).content.decode()
    assert ('name="username"' in page) is allowed
    send(client, PROFILE, typed(ada, username="countess", first_name="Augusta"))
    assert now(ada).username == ("countess" if allowed else "ada")
    assert now(ada).first_name == "Augusta"


@pytest.mark.parametrize("allowed", [True, False])
def test_nothing_is_the_members_to_change_where_the_operator_keeps_it(
    ada: User, settings: Any, *, allowed: bool
) -> None:
    settings.HEARTHKEY_ACCOUNTS_OWN_EDITING = allowed
    client = browser(ada)
    page = client.get(PROFILE).content.decode()
    for shown in ("Ada", "Lovelace", "ada@example.com"):
        assert shown in page
    assert ('name="first_name"' in page) is ('type="file"' in page) is allowed
    assert ("Ask them if something is wrong" in page) is not allowed
    response = send(client, PROFILE, typed(ada, first_name="Augusta", email="new@example.com"))
    assert response.status_code == (302 if allowed else 403)
    assert now(ada).first_name == ("Augusta" if allowed else "Ada")
    assert now(ada).email == ("new@example.com" if allowed else "ada@example.com")


def test_a_language_that_an_operator_entered_is_kept_until_the_member_chooses() -> None:
    ada = make("ada", locale="de-CH")
    client = browser(ada)
    send(client, PROFILE, typed(ada, first_name="Augusta"))
    assert now(ada).locale == "de-CH"
    send(client, PROFILE, typed(ada, locale=""))
    assert now(ada).locale == ""
    assert send(client, PROFILE, typed(ada, locale="de-CH")).status_code == 400


@pytest.mark.parametrize("disabled", [True, False])
def test_who_was_disabled_meanwhile_changes_nothing(ada: User, *, disabled: bool) -> None:  # L03
    client = browser(ada)
    assert client.get(PROFILE).status_code == 200
    if disabled:
        disable_member(member=ada, actor=None)
    send(client, PROFILE, typed(ada, first_name="Augusta"))
    assert now(ada).first_name == ("Ada" if disabled else "Augusta")


def test_a_change_that_changes_nothing_is_none(ada: User) -> None:
    assert send(browser(ada), PROFILE, typed(ada)).status_code == 302
    assert events("member_changed") == []
    assert now(ada).email_verified


@pytest.mark.parametrize(("field", "wanted"), [("email", "a{}@example.com"), ("username", "ada{}")])
def test_who_changes_address_or_user_name_again_and_again_waits_and_keeps_what_they_typed(
    ada: User, settings: Any, field: str, wanted: str
) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    client = browser(ada)
    for number in range(3):
        assert send(client, PROFILE, typed(now(ada), **{field: wanted.format(number)})).status_code == 302
    mail.outbox.clear()
    response = send(client, PROFILE, typed(now(ada), **{field: wanted.format(3)}))
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 300
    assert response.context["form"][field].value() == wanted.format(3)
    assert getattr(now(ada), field) == wanted.format(2)
    assert mail.outbox == []
    assert send(client, PROFILE, typed(now(ada), first_name="Augusta")).status_code == 302


CHANGED_MEANWHILE = {"last_name": "King", "email": "king@example.com", "username": "king", "locale": "en"}


@pytest.mark.parametrize("age", [0, 7200])
def test_a_page_that_stood_open_puts_nothing_back_that_an_operator_changed(ada: User, age: int) -> None:
    client = browser()
    begin_passkey_session(client, ada, age=age)
    page = typed(ada, first_name="Augusta")
    change_member(member=now(ada), values=CHANGED_MEANWHILE, actor=None)
    assert send(client, PROFILE, page).status_code == 302
    found = {name: getattr(now(ada), name) for name in (*CHANGED_MEANWHILE, "first_name")}
    assert found == {**CHANGED_MEANWHILE, "first_name": "Augusta"}
    shown = client.get(PROFILE).content.decode()
    assert '<input type="hidden" name="initial-email" value="king@example.com"' in shown


def test_what_was_shown_stays_with_a_form_that_comes_back(ada: User) -> None:
    page = typed(ada, first_name="x" * 51)
    change_member(member=now(ada), values=CHANGED_MEANWHILE, actor=None)
    response = send(browser(ada), PROFILE, page)
    assert response.status_code == 400
    assert '<input type="hidden" name="initial-last_name" value="Lovelace"' in response.content.decode()


def test_what_is_held_already_is_not_written_again_whatever_the_page_is_said_to_have_shown(ada: User) -> None:  # L05
    """Or it would put back, without a passkey, what an operator changes at that very moment."""
    form = ProfileForm({**typed(ada), "initial-email": "other@example.com"}, user=ada)
    assert form.is_valid()
    assert form.wanted() == {}
    form = ProfileForm({**typed(ada, email="new@example.com")}, user=ada)
    assert form.is_valid()
    assert form.wanted() == {"email": "new@example.com"}


@pytest.mark.parametrize("shown", ["", "\x00", "x" * 5000, "<b>", "\udc80"])
def test_nonsense_in_what_the_page_is_said_to_have_shown_does_no_harm(ada: User, shown: str) -> None:
    names = ("first_name", "last_name", "display_name", "username", "email", "locale")
    nonsense = {f"initial-{name}": shown.encode("utf-8", "replace").decode() for name in names}
    assert send(browser(ada), PROFILE, {**typed(ada), **nonsense}).status_code == 302
    assert events("member_changed") == []
    response = send(browser(ada), PROFILE, {**typed(ada, first_name="x" * 51), **nonsense})
    assert response.status_code == 400
    assert "<b>" not in response.content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_profile_is_read_and_sent_and_nothing_else(ada: User, method: str) -> None:
    assert getattr(browser(ada), method)(PROFILE).status_code == 405


def test_devices_are_told_a_new_name_and_only_then(ada: User) -> None:
    from passkeys.services.handles import ensure_handle  # noqa: PLC0415

    ensure_handle(ada)
    client = browser(ada)
    assert "hearthkey-passkey-owner" not in client.get(PROFILE).content.decode()
    response = send(client, PROFILE, typed(ada, display_name="</script><b>Countess"), follow=True)
    page = response.content.decode()
    assert '"displayName": "\\u003C/script\\u003E\\u003Cb\\u003ECountess"' in page
    assert '"name": "ada"' in page
    response = send(client, PROFILE, typed(now(ada), locale="en"), follow=True)
    assert "hearthkey-passkey-owner" not in response.content.decode()


def test_an_operators_change_of_an_address_is_told_to_the_old_one_too(ada: User) -> None:  # L09
    from django.test import TestCase  # noqa: PLC0415

    from accounts.services.members import change_member  # noqa: PLC0415

    with TestCase.captureOnCommitCallbacks(execute=True):
        change_member(member=ada, values={"email": "new@example.com"}, actor=None)
    assert recipients() == ["ada@example.com"]
    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        change_member(member=now(ada), values={"first_name": "Augusta"}, actor=None)
    assert mail.outbox == []
