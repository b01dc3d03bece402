"""The swapped models: what a site is told, and what the tables themselves refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from oidc_clients.models import SWAPPED, AccessToken, SigningKey
from tests.support.oidc_protocol.factories import make_client, make_member

SITE = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["oidc_clients", "oauth2_provider", "django.contrib.auth", "django.contrib.contenttypes"],
    {lines}
)
django.setup()
"""


@pytest.mark.parametrize("missing", ["", *SWAPPED])
def test_a_site_is_told_which_six_lines_it_lacks(missing: str) -> None:
    lines = ", ".join(f"{name}={model!r}" for name, model in SWAPPED.items() if name != missing)
    root = Path(__file__).resolve().parents[2]
    found = subprocess.run(
        [sys.executable, "-c", SITE.format(lines=lines)], cwd=root, capture_output=True, text=True, check=False
    )
    assert (found.returncode == 0) is (missing == ""), found.stderr
    if missing:
        assert "ImproperlyConfigured" in found.stderr
        assert all(f'{name} = "{model}"' in found.stderr for name, model in SWAPPED.items())


@pytest.mark.django_db
def test_the_tables_keep_no_token_and_one_active_key() -> None:
    client, member = make_client(), make_member()
    fields = {"user": member, "application": client, "expires": timezone.now()}
    AccessToken.objects.create(token="", token_checksum="a" * 64, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessToken.objects.create(token="plain", **fields)
    key = {"private_key": "x", "public_jwk": {}}
    SigningKey.objects.create(kid="one", **key)
    SigningKey.objects.create(kid="two", state=SigningKey.State.NEXT, **key)
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.create(kid="three", **key)
