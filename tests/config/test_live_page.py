"""Each key of the application configuration: changed on the page, read by the setting of the app that it is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission
from django.shortcuts import resolve_url
from django.test import Client as Browser

from audit.models import Event
from config import live
from config.live.registry import SECTIONS, SETTINGS
from config.models import Setting
from tests.support.config.live import PAGE, browser_of, change, errors_of, fields_of, make, operator, page_of

pytestmark = pytest.mark.django_db

ACCOUNTS, PASSKEYS, MAILER = "HEARTHKEY_ACCOUNTS", "HEARTHKEY_PASSKEYS", "HEARTHKEY_MAILER"
#: A key, what is typed (None unticks it), what its setting then says, and the setting.
CASES: list[tuple[str, Any, Any, str]] = [
    ("general.name", "The Old Mill", "The Old Mill", f"{PASSKEYS}_RP_NAME"),
    ("general.name", "  The Old Mill ", "The Old Mill", f"{MAILER}_INSTANCE_NAME"),
    ("general.colour", "#2563EB", "#2563eb", f"{MAILER}_COLOUR"),
    ("general.home_page", "apps", "/account/apps/", f"{ACCOUNTS}_HOME_URL"),
    ("people.own_account_editing", None, False, f"{ACCOUNTS}_OWN_EDITING"),
    ("people.user_name_editing", None, False, f"{ACCOUNTS}_USER_NAME_EDITING"),
    ("people.email_required", "on", True, f"{ACCOUNTS}_EMAIL_REQUIRED"),
    ("people.emails_verified", "on", True, f"{ACCOUNTS}_EMAILS_VERIFIED"),
    ("people.sign_up", "link", "link", f"{ACCOUNTS}_SIGN_UP"),
    ("people.codes_by_mail", "on", True, f"{ACCOUNTS}_CODES_BY_MAIL"),
    ("people.other_device", None, False, f"{ACCOUNTS}_OTHER_DEVICE"),
    ("sessions.idle", "90 minutes", timedelta(minutes=90), f"{ACCOUNTS}_SESSION_IDLE"),
    ("sessions.absolute", "30d", timedelta(days=30), f"{ACCOUNTS}_SESSION_ABSOLUTE"),
    ("sessions.step_up_window", "1 hour", timedelta(hours=1), f"{ACCOUNTS}_STEP_UP_WINDOW"),
    ("sessions.step_up_window", "30 min", timedelta(minutes=30), f"{PASSKEYS}_STEP_UP_WINDOW"),
    ("sessions.step_up_window", "20", timedelta(minutes=20), "HEARTHKEY_ADMIN_STEP_UP_WINDOW"),
    ("passkeys.user_verification", "preferred", "preferred", f"{PASSKEYS}_USER_VERIFICATION"),
    ("passkeys.synced", None, False, f"{PASSKEYS}_SYNCED_ALLOWED"),
    ("passkeys.attachment", "platform", "platform", f"{PASSKEYS}_ATTACHMENT"),
    ("mail.host", "SMTP.example.com", "smtp.example.com", f"{MAILER}_HOST"),
    ("mail.port", "2525", 2525, f"{MAILER}_PORT"),
    ("mail.user", "login", "login", f"{MAILER}_USER"),
    ("mail.password", "correct horse", "correct horse", f"{MAILER}_PASSWORD"),
    ("mail.security", "tls", "tls", f"{MAILER}_SECURITY"),
    ("mail.verify_certificate", None, False, f"{MAILER}_VERIFY_CERTIFICATE"),
    ("mail.from", "login@example.com", "login@example.com", f"{MAILER}_FROM"),
    ("mail.new_sign_in", None, frozenset({"new_sign_in"}), f"{MAILER}_KINDS_OFF"),
    ("mail.passkey_added", None, frozenset({"passkey_added"}), f"{MAILER}_KINDS_OFF"),
    ("mail.passkey_removed", None, frozenset({"passkey_removed"}), f"{MAILER}_KINDS_OFF"),
    ("mail.code_notices", None, frozenset({"login_code_notice"}), f"{MAILER}_KINDS_OFF"),
    ("mail.email_changed", None, frozenset({"email_changed"}), f"{MAILER}_KINDS_OFF"),
]
#: A key, a text that it refuses, and its neighbour that it takes.
REFUSED: list[tuple[str, str, str]] = [
    ("general.name", "", "A"),
    ("general.name", "x" * 51, "x" * 50),
    ("general.name", "Mill\r\nBcc: x@example.com", "Mill Bcc: x@example.com"),
    ("general.name", "\u202emill", "mill"),
    ("general.colour", "#12345", "#123"),
    ("general.colour", "red; } body { display: none", "#ff0000"),
    ("sessions.idle", "soon", "24 hours"),
    ("sessions.idle", "4 minutes", "5 minutes"),
    ("sessions.idle", "401 days", "400 days"),
    ("sessions.step_up_window", "-1", "0"),
    ("mail.host", "smtp example", "smtp.example"),
    ("mail.host", "smtp.example.com:587", "smtp.example.com"),
    ("mail.port", "65536", "65535"),
    ("mail.port", "", "25"),
    ("mail.from", "login", "login@example.com"),
    ("mail.from", "a@example.com\nBcc: b@example.com", "a@example.com"),
    ("mail.user", "a\x0bb", "ab"),
    ("people.sign_up", "everybody", "open"),
]


def setting(name: str) -> Any:
    found = getattr(django_settings, name)
    return found() if callable(found) else found


@pytest.mark.parametrize(("key", "typed", "expected", "name"), CASES, ids=lambda value: str(value)[:40])
def test_a_key_that_is_changed_on_the_page_is_seen_by_its_setting(
    key: str, typed: Any, expected: Any, name: str
) -> None:
    browser, field = operator(), SETTINGS[key].field
    before = setting(name)
    assert before != expected
    done = change(browser, without=(field,)) if typed is None else change(browser, **{field: typed})
    assert done.status_code == 302, errors_of(done)
    assert setting(name) == expected
    # The same once more, from the page as it is now, changes nothing.
    events = Event.objects.filter(name="configuration_changed").count()
    assert events == 1
    assert change(browser).status_code == 302
    assert Event.objects.filter(name="configuration_changed").count() == 1


def test_every_key_has_such_a_case() -> None:
    elsewhere = {"people.default_groups", "general.logo_light", "general.logo_dark"}
    assert {case[0] for case in CASES} | elsewhere == set(SETTINGS)


@pytest.mark.parametrize(("key", "bad", "good"), REFUSED)
def test_what_a_key_refuses_is_said_at_its_field_and_nothing_typed_is_lost(key: str, bad: str, good: str) -> None:
    browser, field = operator(), SETTINGS[key].field
    other = {"mail_user": "typed too"} if field != "mail_user" else {"mail_from": "typed@example.com"}
    refused = change(browser, **{field: bad, **other}, without=("passkeys_synced",))
    assert set(errors_of(refused)) == {field}
    assert not Setting.objects.exists()
    assert not Event.objects.filter(name="configuration_changed").exists()
    page = refused.content.decode()
    typed = fields_of(page)
    assert typed.items() >= other.items()
    assert "passkeys_synced" not in typed
    if "\n" not in bad and field != "people_sign_up":
        assert typed[field] == bad
    assert 'aria-invalid="true"' in page
    taken = change(browser, page, **{field: good})
    assert taken.status_code == 302, errors_of(taken)
    assert setting(f"{PASSKEYS}_SYNCED_ALLOWED") is False
    assert live.value("mail.user" if "mail_user" in other else "mail.from") == next(iter(other.values()))


def test_newcomers_groups_are_chosen_from_groups_that_are_no_roles() -> None:
    family, role = Group.objects.create(name="family"), Group.objects.create(name="helpers")
    role.permissions.add(Permission.objects.get(codename="view_job"))
    browser = operator()
    page = page_of(browser)
    assert f'value="{family.pk}"' in page.split('id="people"')[1].split('id="sessions"')[0]
    refused = change(browser, people_default_groups=[str(role.pk)])
    assert set(errors_of(refused)) == {"people_default_groups"}
    assert change(browser, people_default_groups=[str(family.pk)]).status_code == 302
    assert setting(f"{ACCOUNTS}_SIGN_UP_GROUPS") == (family.pk,)
    assert fields_of(page_of(browser))["people_default_groups"] == str(family.pk)
    assert change(browser, without=("people_default_groups",)).status_code == 302
    assert setting(f"{ACCOUNTS}_SIGN_UP_GROUPS") == ()


def test_a_group_that_is_gone_makes_no_change_of_its_own() -> None:
    family, friends = Group.objects.create(name="family"), Group.objects.create(name="friends")
    browser = operator()
    change(browser, people_default_groups=[str(family.pk), str(friends.pk)])
    gone = friends.pk
    friends.delete()
    assert change(browser).status_code == 302
    assert Event.objects.filter(name="configuration_changed").count() == 1
    assert change(browser, without=("people_default_groups",)).status_code == 302
    assert setting(f"{ACCOUNTS}_SIGN_UP_GROUPS") == (gone,)


def test_the_page_has_all_sections_and_says_what_is_dangerous() -> None:
    page = page_of(operator())
    for section in SECTIONS:
        assert f'id="{section.key}"' in page
        for entry in section.settings:
            assert str(entry.label).replace("'", "&#x27;") in page
    assert "Anyone who reads a member&#x27;s email can then sign in as that member" in page


def test_the_index_leads_superusers_there_and_nobody_else_gets_in() -> None:
    assert f'href="{PAGE}"' in operator().get("/admin/").content.decode()
    staff = make("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="hearthkey_config"))
    browser = browser_of(staff)
    assert PAGE not in browser.get("/admin/").content.decode()
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"general_name": "Mine", "shown": "{}"}).status_code == 403
    assert browser_of(make("member")).get(PAGE).status_code == 403
    assert Browser(HTTP_HOST="localhost:1411").get(PAGE).status_code == 302
    assert live.value("general.name") == "Hearthkey"


def test_rows_have_no_pages_of_their_own() -> None:
    browser = operator()
    assert change(browser, general_name="Mill").status_code == 302
    for path in ("add/", "general.name/change/", "general.name/delete/", "general.name/"):
        assert browser.get(PAGE + path).status_code == 404


def test_a_default_that_comes_back_leaves_no_row() -> None:
    browser = operator()
    change(browser, general_name="Mill", mail_port="25")
    assert set(Setting.objects.values_list("key", flat=True)) == {"general.name", "mail.port"}
    change(browser, general_name="Hearthkey")
    assert set(Setting.objects.values_list("key", flat=True)) == {"mail.port"}
    assert live.value("general.name") == "Hearthkey"


def test_a_page_without_what_it_showed_changes_nothing() -> None:
    browser = operator()
    for shown in ({}, {"shown": "[]"}, {"shown": "{"}, {"shown": "[" * 100_000}):
        refused = browser.post(PAGE, {"general_name": "Mill", "mail_port": "25", **shown})
        assert refused.status_code == 200
        assert refused.context["form"].non_field_errors()
    assert not Setting.objects.exists()


def test_the_name_is_on_pages_and_where_browsers_ask_for_a_passkey() -> None:
    change(operator(), general_name="Mill & <b>Sons</b>")
    page = Browser(HTTP_HOST="localhost:1411").get("/login").content.decode()
    assert "Mill &amp; &lt;b&gt;Sons&lt;/b&gt;</title>" in page
    assert "<b>Sons" not in page
    newcomer = Browser(HTTP_HOST="localhost:1411")
    begun = browser_of(make("ada")).post("/account/passkeys/add/options", "{}", content_type="application/json")
    assert begun.json()["publicKey"]["rp"]["name"] == "Mill & <b>Sons</b>", newcomer


def test_the_home_page_is_where_the_bare_address_and_a_sign_in_lead() -> None:
    browser = operator()
    assert browser.get("/").headers["Location"] == "/account/"
    assert resolve_url(django_settings.LOGIN_REDIRECT_URL) == "/account/"
    change(browser, general_home_page="apps")
    assert browser.get("/").headers["Location"] == "/account/apps/"
    assert resolve_url(django_settings.LOGIN_REDIRECT_URL) == "/account/apps/"


def test_the_cookie_lives_as_long_as_the_session() -> None:
    change(operator(), sessions_absolute="60 days")
    browser = browser_of(make("ada"))
    held = browser.session
    assert held.get_expiry_age() == 60 * 86_400


def test_where_no_group_is_yet_the_page_leads_to_making_one() -> None:
    browser = operator()
    told = 'No groups yet. <a href="/admin/auth/group/add/">Add a group</a>'
    assert told in page_of(browser)
    Group.objects.create(name="family")
    page = page_of(browser)
    assert told not in page
    assert "Members who sign up join these groups." in page
