from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from config.environment import keys, schema
from config.environment.exceptions import ConfigurationError
from config.environment.schema import read
from config.live import fixed
from config.management.commands.configuration_page import page


def test_an_empty_environment_gives_the_defaults() -> None:
    found = read({})
    assert found.app_url == "http://localhost:1411"
    assert found.port == 1411
    assert found.host == "127.0.0.1"
    assert found.data_dir == schema.BASE_DIR / "data"
    assert found.trust_proxy == ()
    assert found.encryption_key is None
    assert found.db_connection_string is None


def test_the_default_address_follows_the_port() -> None:
    assert read({"PORT": "8080"}).app_url == "http://localhost:8080"
    assert read({"PORT": "80"}).app_url == "http://localhost"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://id.example.com", "https://id.example.com"),
        ("HTTPS://ID.Example.com/", "https://id.example.com"),
        ("https://id.example.com:443", "https://id.example.com"),
        ("https://id.example.com:8443/", "https://id.example.com:8443"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:80", "http://localhost"),
        ("http://auth.localhost:1411", "http://auth.localhost:1411"),
        ("https://intranet", "https://intranet"),
    ],
)
def test_an_address_is_normalised(given: str, kept: str) -> None:
    assert read({"APP_URL": given}).app_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://id.example.com",
        "https://192.168.1.5",
        "https://[::1]:1411",
        "http://127.0.0.1:1411",
        "https://0x7f000001",
        "https://2130706433",
        "https://127.1",
        "https://id.example.com/path",
        "https://id.example.com/?q",
        "https://id.example.com/#f",
        "https://user@id.example.com",
        "https://user:pw@id.example.com",
        "https://id.example.com:99999",
        "https://id.example.com:",
        "https://exa mple.com",
        "https://-bad.example.com",
        "https://id..example.com",
        "https://",
        "ftp://id.example.com",
        "id.example.com",
        "http://localhost.example.com",
    ],
)
def test_an_address_that_cannot_work_stops_the_start_and_is_named(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^APP_URL .*Allowed: https://") as caught:
        read({"APP_URL": given})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("PORT", "0", "1"),
        ("PORT", "65536", "65535"),
        ("PORT", "14 11", "1411"),
        ("PORT", "-1", "1"),
        ("PORT", "١٢٣", "123"),
        ("TRUST_PROXY", "maybe", "true"),
        ("TRUST_PROXY", "10.0.0.0/40", "10.0.0.0/8"),
        ("TRUST_PROXY", "10.0.0.1, proxy", "10.0.0.1, 10.0.0.2"),
        ("LOG_JSON", "2", "1"),
        ("LOG_LEVEL", "loud", "debug"),
        ("ENCRYPTION_KEY", "fifteen bytes..", "sixteen bytes..."),
        ("SETUP_TOKEN", "short", "long-enough-token"),
        ("SETUP_TOKEN", "a token with blanks in it", "a-token-without-blanks"),
        ("DB_CONNECTION_STRING", "mysql://db", "postgresql://db"),
        ("AUDIT_LOG_RETENTION_DAYS", "0", "1"),
        ("OUTBOUND_ALLOW", "intra net", "intranet,10.0.0.0/8"),
        ("INTERNAL_APP_URL", "hearthkey:1411", "http://hearthkey:1411"),
        ("INTERNAL_APP_URL", "http://hearth_key:1411", "http://hearth-key:1411"),
        ("HOST", "not a host", "0.0.0.0"),
        ("PUID", "root", "1000"),
    ],
)
def test_an_ill_formed_value_is_refused_and_its_neighbour_accepted(name: str, bad: str, good: str) -> None:
    read({name: good})
    with pytest.raises(ConfigurationError, match=rf"^{name} .*Allowed: ") as caught:
        read({name: bad})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "Yes"])
def test_the_spellings_of_true(value: str) -> None:
    assert fixed.read({"EMAILS_VERIFIED": value})["people.emails_verified"] is True


@pytest.mark.parametrize("value", ["false", "0", "no", "", "No"])
def test_the_spellings_of_false_and_unset(value: str) -> None:
    assert fixed.read({"EMAILS_VERIFIED": value}).get("people.emails_verified", False) is False


def test_a_secret_is_read_from_its_file_without_one_trailing_newline(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("0123456789abcdef\n\n", encoding="ascii")
    assert read({"ENCRYPTION_KEY_FILE": str(file)}).encryption_key == b"0123456789abcdef\n"


def test_a_secret_in_both_places_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("0123456789abcdef", encoding="ascii")
    with pytest.raises(ConfigurationError, match="ENCRYPTION_KEY and ENCRYPTION_KEY_FILE are both set"):
        read({"ENCRYPTION_KEY_FILE": str(file), "ENCRYPTION_KEY": "0123456789abcdef"})


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^DB_CONNECTION_STRING_FILE can't be read"):
        read({"DB_CONNECTION_STRING_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("content", ["", "\n", "\r\n"])
def test_an_empty_secret_file_stops_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content, encoding="ascii", newline="")
    for name in ("ENCRYPTION_KEY", "DB_CONNECTION_STRING"):
        with pytest.raises(ConfigurationError, match=rf"^{name}_FILE can't be used: the file is empty\.$"):
            read({f"{name}_FILE": str(file)})
    assert read({"ENCRYPTION_KEY_FILE": ""}).encryption_key is None


@pytest.mark.parametrize("content", ["", "\n", "  \n"])
def test_an_empty_key_in_the_data_folder_stops_the_start(tmp_path: Path, content: str) -> None:
    environment = read({"DATA_DIR": str(tmp_path)})
    assert keys.resolve_key(environment) is None
    (tmp_path / keys.KEY_FILE).write_text(content, encoding="ascii")
    with pytest.raises(ConfigurationError, match=r"is empty\. Put the key back"):
        keys.resolve_key(environment)
    (tmp_path / keys.KEY_FILE).write_text("0123456789abcdef\n", encoding="ascii")
    assert keys.resolve_key(environment) == b"0123456789abcdef"


def test_why_an_underscore_is_refused_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no underscore; give the service a name with a hyphen"):
        read({"INTERNAL_APP_URL": "http://hearth_key:1411"})


def test_a_secrets_value_never_stands_in_the_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({"DB_CONNECTION_STRING": "mysql://user:hunter2@db"})
    assert "hunter2" not in str(caught.value)


def test_only_secrets_have_a_file_twin(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("99", encoding="ascii")
    assert read({"PORT_FILE": str(file)}).port == 1411


def test_unknown_variables_are_left_alone() -> None:
    assert read({"SOMETHING_ELSE": "x"}) == read({})


def test_the_incumbents_variables_are_named() -> None:
    assert schema.unused_names({"UI_CONFIG_DISABLED": "true", "PORT": "1"}) == ["UI_CONFIG_DISABLED"]


def test_trusting_the_proxy_means_nearby_peers() -> None:
    networks = read({"TRUST_PROXY": "true"}).trust_proxy
    assert any(ipaddress.ip_address("172.18.0.2") in network for network in networks)
    assert not any(ipaddress.ip_address("203.0.113.5") in network for network in networks)


def test_a_relative_data_folder_starts_at_the_projects_root() -> None:
    assert read({"DATA_DIR": "elsewhere"}).data_dir == schema.BASE_DIR / "elsewhere"
    assert read({"DATA_DIR": "/srv/id"}).data_dir == Path("/srv/id")


def test_the_page_about_the_configuration_is_what_the_schema_says() -> None:
    written = (schema.BASE_DIR / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"


def test_a_source_of_places_is_read_as_it_is_written(tmp_path: Path) -> None:
    found = read({"MAXMIND_LICENSE_KEY": "abc_DEF-123", "GEOLITE_DB_URL": "https://mirror.example/a.mmdb?token=T"})
    assert found.maxmind_license_key == "abc_DEF-123"
    assert found.geolite_db_url == "https://mirror.example/a.mmdb?token=T"
    assert read({"GEOLITE_DB_PATH": "/srv/a.mmdb"}).geolite_db_path == Path("/srv/a.mmdb")
    assert read({"GEOLITE_DB_PATH": "data/a.mmdb"}).geolite_db_path == schema.BASE_DIR / "data" / "a.mmdb"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("MAXMIND_LICENSE_KEY", "canary key"),
        ("MAXMIND_LICENSE_KEY", "canary&suffix=x"),
        ("GEOLITE_DB_URL", "ftp://canary.example/a"),
        ("GEOLITE_DB_URL", "https://user:canary@mirror.example/a"),
        ("GEOLITE_DB_URL", "https://mirror.example/canary key"),
        ("GEOLITE_DB_URL", "https://mirror.example:port/canary"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused_without_telling_it(name: str, given: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        read({name: given})
    assert "canary" not in str(caught.value)
