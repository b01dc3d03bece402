"""The backend is no second way in."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth import aauthenticate, authenticate

from passkeys.backends import PasskeyBackend, backend_path
from tests.support.passkeys.world import make_user


@pytest.mark.django_db
def test_a_password_signs_nobody_in(settings):
    user = make_user("typed")
    user.set_password("correct horse")
    user.save()
    assert authenticate(username="typed", password="correct horse") is None
    assert asyncio.run(aauthenticate(username="typed", password="correct horse")) is None
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert authenticate(username="typed", password="correct horse") == user


def test_the_listed_spelling_of_the_backend_counts(settings):
    assert backend_path() == "passkeys.backends.PasskeyBackend"
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "tests.passkeys.test_backend.OwnBackend",
    ]
    assert backend_path() == "tests.passkeys.test_backend.OwnBackend"


class OwnBackend(PasskeyBackend):
    pass
