"""What the system checks say about settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.checks import run_checks

from passkeys.checks import check_settings


def ids():
    found = check_settings(None)
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_good_settings_pass():
    assert ids() == []
    assert not [message for message in run_checks() if (message.id or "").startswith("passkeys.")]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("RP_ID", None, "passkeys.E001"),
        ("RP_ID", "192.0.2.1", "passkeys.E002"),
        ("RP_ID", "::1", "passkeys.E002"),
        ("RP_ID", "localhost:8000", "passkeys.E002"),
        ("RP_ID", "https://localhost", "passkeys.E002"),
        ("RP_ID", "Example.org", "passkeys.E002"),
        ("ORIGINS", None, "passkeys.E003"),
        ("ORIGINS", [], "passkeys.E003"),
        ("ORIGINS", ["http://example.org"], "passkeys.E004"),
        ("ORIGINS", ["https://example.org/"], "passkeys.E004"),
        ("ORIGINS", ["https://192.0.2.1"], "passkeys.E004"),
        ("ORIGINS", ["example.org"], "passkeys.E004"),
        ("ORIGINS", ["https://example.org:x"], "passkeys.E004"),
        ("ALGORITHMS", [-7, -12345], "passkeys.E006"),
        ("ALGORITHMS", [], "passkeys.E006"),
        ("USER_VERIFICATION", "discouraged", "passkeys.E007"),
        ("COUNTER_POLICY", "ignore", "passkeys.E008"),
        ("ATTACHMENT", "usb", "passkeys.E012"),
        ("TIMEOUT", 300, "passkeys.E009"),
        ("CEREMONY_TTL", timedelta(seconds=60), "passkeys.E010"),
        ("MAY_ENROL", "nowhere.at_all", "passkeys.E011"),
        ("MAY_MANAGE", "nowhere.at_all", "passkeys.E011"),
        ("MAY_REMOVE_LAST", "nowhere.at_all", "passkeys.E011"),
        ("RECOVERY_URL", "passkeys.adapters.nothing", "passkeys.E011"),
        ("RATE_LIMIT", "nowhere.at_all", "passkeys.E011"),
    ],
)
def test_a_bad_setting_is_named(settings, name, value, found):
    setattr(settings, f"HEARTHKEY_PASSKEYS_{name}", value)
    assert ids() == [found]


@pytest.mark.parametrize(
    "origin", ["https://example.org", "https://example.org:8443", "http://localhost:1411", "http://id.localhost"]
)
def test_good_origins_pass(settings, origin):
    settings.HEARTHKEY_PASSKEYS_ORIGINS = lambda: [origin]
    assert ids() == []


def test_a_missing_backend_is_named(settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert ids() == ["passkeys.E005"]
