from __future__ import annotations

from django.conf import settings


def test_only_these_checks_are_silenced() -> None:  # M01
    assert set(settings.SILENCED_SYSTEM_CHECKS) == {
        "security.W005",
        "security.W008",
        "security.W021",
        "oauth2_provider.W008",
    }
