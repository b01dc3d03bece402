from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests.support.accounts.people import browser, superuser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["de", "fr-CH, fr;q=0.9", "en-GB", "*", ""])
def test_a_page_speaks_one_language(language: str) -> None:
    root = superuser()
    for path, own, djangos in (
        ("/account/", "Sign out", "Account"),
        ("/admin/hearthkey_accounts/user/add/", "Names", "Save and continue editing"),
    ):
        response = browser(root).get(path, headers={"accept-language": language})
        assert response.headers["Content-Language"] == "en"
        assert '<html lang="en"' in response.content.decode()
        assert own in response.content.decode()
        assert djangos in response.content.decode()


def test_a_cookie_from_elsewhere_changes_nothing(client: Client, member: object) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert client.get("/login").headers["Content-Language"] == "en"
