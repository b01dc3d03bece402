"""A form of the administration that was filled in for too long, in a real browser: confirmed in place, then sent."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group

from accounts.models import Session
from accounts.sessions import SessionStore
from tests.support.passkeys.world import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/auth/group/add/"


def let_the_passkey_grow_old(visitor, seconds: int) -> None:
    (cookie,) = [row for row in visitor.do(visitor.context.cookies) if row["name"] == "sessionid"]
    store = SessionStore(cookie["value"])
    store["hearthkey_auth"] = {**store["hearthkey_auth"], "at": time.time() - seconds}
    store.save()


def test_what_was_typed_is_sent_after_the_confirmation(enrolled):
    enrolled.user.is_staff = enrolled.user.is_superuser = True
    enrolled.user.save()
    make_user("grace")
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reach("/account/passkeys/")
    enrolled.open(ADD)
    enrolled.do(lambda: enrolled.page.locator("[name=friendly_name]").fill("Friends & <family>"))
    let_the_passkey_grow_old(enrolled, 16 * 60)
    enrolled.press("Save")
    enrolled.reads("what you sent is sent again")
    assert not Group.objects.exists()
    enrolled.press("Confirm with a passkey")
    enrolled.reach("/admin/auth/group/")
    assert Group.objects.get().details.friendly_name == "Friends & <family>"
    assert Session.objects.filter(user=enrolled.user, method="passkey").exists()
    # The form itself asks first, so that this is rare; then it opens.
    let_the_passkey_grow_old(enrolled, 16 * 60)
    enrolled.open(ADD)
    enrolled.reads("Confirm that it is you")
    enrolled.press("Confirm with a passkey")
    enrolled.reach(ADD)
