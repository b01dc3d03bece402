from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from audit.geoip.exceptions import GeoIPError
from config.environment.values import trust_proxy
from config.serving import health
from config.serving.health import Facts
from tests.support.passkey_sessions import every_sign_in_is_by_passkey

WELL = Facts(
    is_sqlite=True,
    data_dir=Path("/srv/hearthkey"),
    has_key_variable=True,
    has_key_file=False,
    app_is_https=True,
    trusts_a_proxy=True,
    limits_are_off=False,
    file_system="ext4",
)


@pytest.mark.parametrize("check", health.CHECKS)
def test_a_sound_instance_has_nothing_to_put_right(check: Any) -> None:
    assert check(WELL) is None


@pytest.mark.parametrize(
    ("check", "wrong", "remedy"),
    [
        (health.key_was_left_with_the_data, {"has_key_file": True}, "rm /srv/hearthkey/encryption_key"),
        (health.addresses_are_the_proxys, {"trusts_a_proxy": False}, "TRUST_PROXY=true"),
        (health.limits_are_off, {"limits_are_off": True}, "DISABLE_RATE_LIMITING=false"),
        (health.places_are_unknown, {"places": GeoIPError("missing", "There is no file.")}, "GEOLITE_DB_PATH"),
        (health.places_are_unknown, {"places": GeoIPError("refused", "Refused.")}, "MAXMIND_LICENSE_KEY"),
        (health.codes_are_guessed, {"codes_are_guessed": True}, "login_code_refused"),
        (health.database_is_on_a_network_drive, {"file_system": "nfs4"}, "DB_CONNECTION_STRING"),
    ],
)
def test_one_fact_makes_one_finding(check: Any, wrong: dict[str, Any], remedy: str) -> None:
    facts = dataclasses.replace(WELL, **wrong)
    assert [found.__name__ for found in health.CHECKS if found(facts)] == [check.__name__]
    assert remedy in check(facts).remedy


def test_the_key_lies_with_the_data_until_its_variable_is_set() -> None:
    beside = dataclasses.replace(WELL, has_key_variable=False, has_key_file=True)
    found = health.key_lies_with_the_data(beside)
    assert found is not None
    assert "ENCRYPTION_KEY_FILE=" in found.remedy
    assert health.key_lies_with_the_data(dataclasses.replace(beside, has_key_variable=True)) is None
    # On PostgreSQL the data is not in that folder.
    assert health.key_lies_with_the_data(dataclasses.replace(beside, is_sqlite=False)) is None


def test_plain_http_needs_no_proxy_and_postgresql_no_disk() -> None:
    assert health.addresses_are_the_proxys(dataclasses.replace(WELL, trusts_a_proxy=False, app_is_https=False)) is None
    assert health.database_is_on_a_network_drive(dataclasses.replace(WELL, file_system="nfs", is_sqlite=False)) is None


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("/srv/data", "nfs4"), ("/srv/database", "ext4"), ("/mnt/my disk/data", "cifs"), ("/over/data", "xfs")],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder: str, expected: str) -> None:
    mounts = (
        "/dev/a / ext4 rw 0 0\nnas:/x /srv/data nfs4 rw 0 0\n//nas/y /mnt/my\\040disk cifs rw 0 0\n"
        "nas:/z /over nfs rw 0 0\n/dev/b /over xfs rw 0 0\n\nbroken\n"
    )
    assert health.file_system_of(Path(folder), mounts=mounts) == expected
    assert health.file_system_of(Path(folder), mounts="") == ""


@pytest.fixture(autouse=True)
def _operators_use_passkeys() -> Iterator[None]:
    with every_sign_in_is_by_passkey():
        yield


@pytest.fixture
def browser(db: None) -> Browser:
    operator = get_user_model().objects.create(username="ada", email="a@example.com", is_staff=True, is_superuser=True)
    found = Browser(HTTP_HOST="localhost:1411")
    found.force_login(operator)
    return found


def test_the_front_page_says_that_all_is_well(browser: Browser, settings: Any) -> None:
    settings.APP_IS_HTTPS = False
    page = browser.get("/admin/").content.decode()
    assert "All is well." in page
    settings.APP_IS_HTTPS = True
    page = browser.get("/admin/").content.decode()
    assert "All is well." not in page
    assert "TRUST_PROXY=true" in page


def test_the_panel_is_read_for_every_look(browser: Browser, settings: Any, tmp_path: Path) -> None:
    settings.APP_IS_HTTPS, settings.TRUSTED_PROXIES = True, trust_proxy("true")
    settings.DATA_DIR = tmp_path
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, encryption_key=None, disable_rate_limiting=True)
    (tmp_path / "encryption_key").write_text("a key for this folder")
    page = browser.get("/admin/").content.decode()
    assert "Rate limits are switched off" in page
    lies_together = "The encryption key is stored with the data"
    assert (lies_together in page) == (connection.vendor == "sqlite")
    assert "a key for this folder" not in page
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, disable_rate_limiting=False)
    (tmp_path / "encryption_key").unlink()
    assert "All is well." in browser.get("/admin/").content.decode()


def test_a_file_of_places_is_missed_only_where_one_is_wanted(browser: Browser, settings: Any, tmp_path: Path) -> None:
    settings.APP_IS_HTTPS, settings.DATA_DIR = False, tmp_path
    path = tmp_path / "places.mmdb"
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = path
    assert "All is well." in browser.get("/admin/").content.decode()
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, geolite_db_path=path)
    page = browser.get("/admin/").content.decode()
    assert "The location of sign-ins is unknown" in page
    assert "There is no file of places." in page
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, geolite_db_path=None)
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = tmp_path / "other.mmdb"
    (tmp_path / "other.mmdb").write_bytes(b"damaged")
    assert "The file is no database of places" in browser.get("/admin/").content.decode()


def test_reading_it_asks_the_database_once(db: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        health.findings()
    assert len(queries) == 1


def test_only_operators_see_it(browser: Browser, settings: Any) -> None:
    member = get_user_model().objects.create(username="bob", email="b@example.com")
    browser.force_login(member)
    answer = browser.get("/admin/", follow=True)
    assert "Health" not in answer.content.decode()
    member.is_staff = True
    member.save()
    assert "Health" in browser.get("/admin/").content.decode()
