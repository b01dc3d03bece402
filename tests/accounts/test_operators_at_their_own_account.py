from __future__ import annotations

import pytest

from accounts.models import User
from tests.support.accounts.people import browser, make
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db
LIST = "/admin/hearthkey_accounts/user/"


def _requests(member: User) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "disable": (f"{LIST}{member.pk}/disable/", {}),
        "delete": (f"{LIST}{member.pk}/delete/", {"post": "yes"}),
        "action": (LIST, {"action": "disable_members", "_selected_action": str(member.pk)}),
    }


@pytest.mark.parametrize("how", ["disable", "delete", "action"])
def test_who_would_remove_themselves_is_told_why_not(how: str) -> None:
    passkey_of(make("other", is_superuser=True))
    me = make("me", is_superuser=True)
    client = browser(me)
    path, data = _requests(me)[how]
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    assert "do this to yourself" in answer.content.decode()
    assert client.get("/account/").status_code == 200
    assert User.objects.filter(pk=me.pk, is_active=True).exists()


@pytest.mark.parametrize("how", ["disable", "delete", "action"])
def test_who_removes_another_stays_browser(how: str) -> None:
    other, me = make("other", is_superuser=True), make("me", is_superuser=True)
    client = browser(me)
    path, data = _requests(other)[how]
    answer = client.post(path, data)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/")
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("how", ["disable", "delete", "action"])
def test_the_last_superuser_is_told_why_not(how: str) -> None:
    me = make("me", is_superuser=True)
    client = browser(me)
    path, data = _requests(me)[how]
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    assert "This is the last active superuser who can sign in." in answer.content.decode()
    assert User.objects.filter(pk=me.pk, is_active=True).exists()
