"""Who is asked whether to sign out may say no, and then gets away from the question."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.shortcuts import resolve_url

from accounts.models import User
from tests.support.oidc_clients import world

pytestmark = pytest.mark.django_db
END_SESSION = "/api/oidc/end-session"
GOODBYE = "https://app.example.test/goodbye"


def test_no_leads_to_the_account_where_there_is_no_client_to_go_back_to(rose: User) -> None:
    page = world.signed_in(rose).get(END_SESSION).content.decode()
    assert f'href="{resolve_url(settings.LOGIN_REDIRECT_URL)}">Stay signed in</a>' in page


def test_no_leads_back_to_the_client_that_asked(rose: User) -> None:
    app = world.register(post_logout_redirect_uris=[GOODBYE])
    asked = {"client_id": app.client_id, "post_logout_redirect_uri": GOODBYE}
    page = world.signed_in(rose).get(END_SESSION, asked).content.decode()
    assert f'href="{GOODBYE}">Stay signed in</a>' in page
