from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from accounts.models import User
from oidc_clients.models import Consent
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty


def forms_of(page: str) -> dict[str, str]:
    """Return where each form of the page leads, with its token."""
    found = {}
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        action = re.search(r'action="([^"]+)"', form)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert action, form
        assert token, form
        found[action[1]] = token[1]
    return found


# The last part of each decision's address, and how its page is asked for.
@pytest.mark.parametrize(
    ("decision", "prompt"),
    [
        ("/consent", "consent"),
        ("/cancel", "consent"),
        ("/account/keep", "select_account"),
        ("/account/switch", "select_account"),
    ],
)
def test_a_decision_needs_the_forms_own_token(app: RelyingParty, rose: User, decision: str, prompt: str) -> None:  # A15
    browser = world.signed_in(rose, age=30)
    browser.handler.enforce_csrf_checks = True
    page = browser.get(app.authorize(browser, prompt=prompt).headers["Location"]).content.decode()
    ((path, token),) = [(path, token) for path, token in forms_of(page).items() if path.endswith(decision)]
    assert browser.post(path).status_code == 403
    assert browser.post(path, {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    from_elsewhere = {"origin": "https://evil.example"}
    assert browser.post(path, {"csrfmiddlewaretoken": token}, headers=from_elsewhere).status_code == 403
    assert not Consent.objects.exists()
    assert "_auth_user_id" in browser.session
    # Nothing of that used the interaction up.
    assert browser.post(path, {"csrfmiddlewaretoken": token}).status_code in {200, 302, 303}
    assert Consent.objects.exists() is (decision == "/consent")


def test_a_request_that_a_client_posts_needs_no_token_and_decides_nothing(app: RelyingParty) -> None:
    stranger = Browser(enforce_csrf_checks=True)
    form = {"response_type": "code", "client_id": app.client_id, "redirect_uri": world.CALLBACK, "scope": "openid"}
    assert stranger.post("/authorize", form).status_code == 303
    assert not Consent.objects.exists()
