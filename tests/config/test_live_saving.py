"""What saving the application configuration writes, tells, keeps secret, and how two operators get along."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from audit.models import Event
from config import live
from config.environment.keys import derive_fernet
from config.live import values
from config.live.saving import Overtaken, Wanted, save_changes
from config.models import Setting
from config.wiring.signals import ConfigurationChanged, configuration_changed
from tests.support.config.live import PAGE, browser_of, change, errors_of, fields_of, make, operator, page_of
from tests.support.racing import at_once
from tests.support.sql_counts import counted_sql

CANARY = "canary-pass\"word'<&>"


@pytest.fixture
def root(db: None) -> Any:
    return make("root", is_staff=True, is_superuser=True)


def told() -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(name="configuration_changed").order_by("at")]


def test_a_change_is_told_with_before_and_after_of_what_changed_alone(root: Any) -> None:  # L12
    browser = browser_of(root)
    change(browser, general_name="Mill", mail_port="2525", without=("passkeys_synced",))
    change(browser, general_name="Old Mill")
    assert told() == [
        {
            "before": {"general.name": "Hearthkey", "mail.port": 587, "passkeys.synced": True},
            "after": {"general.name": "Mill", "mail.port": 2525, "passkeys.synced": False},
        },
        {"before": {"general.name": "Mill"}, "after": {"general.name": "Old Mill"}},
    ]
    event = Event.objects.filter(name="configuration_changed").first()
    assert event is not None
    assert (event.actor_id, event.actor_name) == (str(root.pk), "root")
    listed = browser.get("/admin/hearthkey_audit/event/").content.decode()
    assert "root changed the configuration" in listed


def test_an_unchanged_page_writes_nothing(root: Any) -> None:
    browser = browser_of(root)
    change(browser, general_name="Mill")
    page = page_of(browser)
    with counted_sql() as statements:
        assert change(browser, page).status_code == 302
    touched = [one for one in statements if "setting" in one.lower() and not one.startswith("SELECT")]
    assert touched == []
    assert len(told()) == 1


def test_no_event_means_no_change(root: Any) -> None:  # L12
    def fail(sender: Any, event: ConfigurationChanged, **_kwargs: Any) -> None:
        raise RuntimeError("the trail is full")

    configuration_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            save_changes(wanted={"general.name": Wanted(new="Mill", shown="Hearthkey")}, actor=str(root.pk))
    finally:
        configuration_changed.disconnect(fail)
    assert not Setting.objects.exists()
    assert told() == []
    assert live.value("general.name") == "Hearthkey"
    save_changes(wanted={"general.name": Wanted(new="Mill", shown="Hearthkey")}, actor=str(root.pk))
    assert live.value("general.name") == "Mill"


def test_the_password_is_found_in_clear_nowhere(root: Any, caplog: pytest.LogCaptureFixture) -> None:  # L12
    caplog.set_level(logging.DEBUG)
    browser = browser_of(root)
    answers = [change(browser, mail_password=CANARY), browser.get(PAGE)]
    assert live.value("mail.password") == CANARY
    answers += [change(browser, mail_password=CANARY + "2", mail_port="x"), change(browser, mail_user="login")]
    answers += [browser.get("/admin/hearthkey_audit/event/"), browser.get("/admin/")]
    assert live.value("mail.password") == CANARY
    for answer in answers:
        assert "canary" not in answer.content.decode()
    (row,) = Setting.objects.filter(key="mail.password")
    assert "canary" not in json.dumps(row.value)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the names are the database's own
            assert "canary" not in str(cursor.fetchall()), table
    assert "canary" not in caplog.text
    assert told()[0] == {"before": {"mail.password": "not set"}, "after": {"mail.password": "changed"}}


def test_a_password_is_kept_when_empty_changed_when_typed_and_removed_by_its_tick(root: Any) -> None:
    browser = browser_of(root)
    assert "None is stored." in page_of(browser)
    change(browser, mail_password="one")
    assert "One is stored. Leave this empty to keep it." in page_of(browser)
    change(browser, mail_user="login")
    assert live.value("mail.password") == "one"
    change(browser, mail_password="one")
    assert len(told()) == 2
    change(browser, mail_password="two")
    assert live.value("mail.password") == "two"
    change(browser, mail_password_clear="on")
    assert live.value("mail.password") == ""
    assert not Setting.objects.filter(key="mail.password").exists()
    assert told()[-2:] == [
        {"before": {"mail.password": "set"}, "after": {"mail.password": "changed"}},
        {"before": {"mail.password": "set"}, "after": {"mail.password": "removed"}},
    ]


def test_a_password_that_was_not_saved_is_asked_for_again(root: Any) -> None:
    browser = browser_of(root)
    refused = change(browser, mail_password="one", mail_port="x")
    assert set(errors_of(refused)) == {"mail_port", "mail_password"}
    assert 'value="one"' not in refused.content.decode()
    assert live.value("mail.password") == ""


# L12
@pytest.mark.parametrize("typed", [{"mail_password": "two"}, {"mail_password_clear": "on"}])
def test_a_stored_password_is_not_sent_to_another_server(root: Any, typed: dict[str, str]) -> None:
    browser = browser_of(root)
    assert change(browser, mail_password="one", mail_host="smtp.example.com").status_code == 302
    refused = change(browser, mail_host="smtp.evil.example", mail_port="25")
    assert set(errors_of(refused)) == {"mail_password"}
    assert "not sent to another server" in refused.content.decode()
    assert live.value("mail.host") == "smtp.example.com"
    assert change(browser, mail_host="smtp.evil.example", mail_port="25", **typed).status_code == 302
    assert live.value("mail.host") == "smtp.evil.example"
    assert live.value("mail.password") == typed.get("mail_password", "")


def test_mail_is_switched_off_without_the_password_and_back_on_with_it(root: Any) -> None:
    browser = browser_of(root)
    change(browser, mail_password="one", mail_host="smtp.example.com")
    assert change(browser, mail_host="", mail_port="25").status_code == 302
    assert set(errors_of(change(browser, mail_host="smtp.evil.example"))) == {"mail_password"}
    assert live.value("mail.host") == ""
    assert change(browser, mail_port="587").status_code == 302


def test_the_password_is_encrypted_with_a_key_of_its_own(root: Any, settings: Any) -> None:
    save_changes(wanted={"mail.password": Wanted(new="one")}, actor=None)
    assert live.value("mail.password") == "one"
    settings.HEARTHKEY_CONFIGURATION_ENCRYPTION_KEYS = lambda: [
        derive_fernet(django_settings.ENCRYPTION_KEY, "oidc signing keys")
    ]
    assert live.value("mail.password") == ""


def test_two_operators_who_change_different_fields_lose_nothing(root: Any) -> None:
    first, second = browser_of(root), operator("other")
    page_of_first, page_of_second = page_of(first), page_of(second)
    assert change(first, page_of_first, general_name="Mill").status_code == 302
    assert change(second, page_of_second, mail_host="smtp.example.com").status_code == 302
    assert live.value("general.name") == "Mill"
    assert live.value("mail.host") == "smtp.example.com"
    assert told()[1] == {"before": {"mail.host": ""}, "after": {"mail.host": "smtp.example.com"}}


def test_who_would_overwrite_somebody_elses_change_is_told_and_may_do_so(root: Any) -> None:
    first, second = browser_of(root), operator("other")
    page = page_of(second)
    change(first, general_name="Mill", without=("passkeys_synced",))
    refused = change(second, page, general_name="Barn", mail_user="login")
    assert "“Mill”" in errors_of(refused)["general_name"][0]
    assert live.value("general.name") == "Mill"
    assert live.value("mail.user") == ""
    shown = refused.content.decode()
    assert fields_of(shown)["general_name"] == "Barn"
    assert change(second, shown).status_code == 302
    assert live.value("general.name") == "Barn"
    assert live.value("mail.user") == "login"
    # What the second operator never touched is as the first one left it, though their page showed otherwise.
    assert live.value("passkeys.synced") is False


def test_both_wanting_the_same_is_no_conflict(root: Any) -> None:
    first, second = browser_of(root), operator("other")
    page = page_of(second)
    change(first, general_name="Mill")
    assert change(second, page, general_name="Mill").status_code == 302
    assert len(told()) == 1


def test_a_save_that_is_undone_is_forgotten_at_once(root: Any) -> None:
    with pytest.raises(Overtaken):
        save_changes(wanted={"general.name": Wanted(new="Mill", shown="Barn")}, actor=None)
    assert live.value("general.name") == "Hearthkey"


@pytest.mark.django_db(transaction=True)
def test_twenty_operators_who_save_at_the_same_time_lose_nothing() -> None:
    keys = ["mail.user", "general.name", "mail.from", "mail.host"]
    new = {"mail.user": "a", "general.name": "Mill", "mail.from": "a@example.com", "mail.host": "smtp.example.com"}
    default = {"mail.user": "", "general.name": "Hearthkey", "mail.from": "", "mail.host": ""}

    def save(key: str) -> Any:
        def act() -> tuple[str, ...]:
            return save_changes(wanted={key: Wanted(new=new[key], shown=default[key])}, actor=None)

        return act

    saved = at_once([save(keys[number % 4]) for number in range(20)])
    assert sorted(one for one in saved if one) == sorted((key,) for key in keys)
    assert values.stored() == new
    assert len(told()) == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_that_want_different_things_of_one_key_one_is_told() -> None:
    def save(name: str) -> Any:
        def act() -> str:
            try:
                save_changes(wanted={"general.name": Wanted(new=name, shown="Hearthkey")}, actor=None)
            except Overtaken:
                return "overtaken"
            return "saved"

        return act

    results = at_once([save(f"Mill {number}") for number in range(8)])
    assert sorted(results) == ["overtaken"] * 7 + ["saved"]
    assert len(told()) == 1
    assert live.value("general.name") == told()[0]["after"]["general.name"]
