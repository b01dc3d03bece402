"""Operators and other people's passkeys."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from passkeys.exceptions import LastAdministrator, NotAllowed
from passkeys.services.manage import remove_passkey_of_member
from passkeys.signals import PasskeyRemoved
from passkeys.testing import SoftAuthenticator
from tests.support.passkeys.world import ORIGIN, Person, make_user

pytestmark = pytest.mark.django_db

ADMIN = "/admin/hearthkey_passkeys/passkey/"


@pytest.fixture
def operator(db):
    user = make_user("operator", is_staff=True, is_superuser=True)
    return Person(user, Client(), SoftAuthenticator(origin=ORIGIN)).enrolled().signed_in()


def test_operators_see_passkeys_and_change_nothing(operator, owner):
    assert "My passkey" in operator.client.get(f"{ADMIN}?q=own").content.decode()
    page = operator.client.get(f"{ADMIN}{owner.passkey.pk}/change/")
    assert page.status_code == 200
    assert 'name="name"' not in page.content.decode()
    assert operator.client.get(f"{ADMIN}add/").status_code == 403
    assert operator.client.post(f"{ADMIN}{owner.passkey.pk}/change/", {"name": "x"}).status_code == 403


# K10
def test_an_operator_removes_even_the_last_passkey_of_a_member(operator, owner, heard):
    path = f"{ADMIN}{owner.passkey.pk}/delete/"
    assert "last passkey" in operator.client.get(path).content.decode()
    assert len(owner.passkeys) == 1
    passkey = owner.passkey
    assert operator.client.post(path).status_code == 302
    assert owner.passkeys == []
    (event,) = heard.of(PasskeyRemoved)
    assert (event.user, event.passkey, event.actor) == (str(owner.user.pk), str(passkey.pk), str(operator.user.pk))


RECOVERY_URL = "config.wiring.adapters.recovery_url"


def button_of(page, label):
    """Return the form that holds the button: where it leads, and its token."""
    (form,) = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{label}"' in form]
    return re.search(r'action="([^"]*)"', form), re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]


# K10
def test_after_the_last_passkey_a_one_time_link_is_offered_on_the_same_page(operator, owner, settings):
    settings.HEARTHKEY_PASSKEYS_RECOVERY_URL = RECOVERY_URL
    owner.signed_in()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = operator.client.cookies
    path = f"{ADMIN}{owner.passkey.pk}/delete/"
    _action, token = button_of(browser.get(path).content.decode(), "Remove passkey")
    answer = browser.post(path, {"csrfmiddlewaretoken": token})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The passkey “My passkey” was removed." in page
    assert "It was the last passkey of owner." in page
    assert not owner.is_signed_in, "the member's sessions ended"
    action, token = button_of(page, "Create one-time code")
    assert browser.post(action[1]).status_code == 403
    shown = browser.post(action[1], {"csrfmiddlewaretoken": token})
    assert "no-store" in shown.headers["Cache-Control"]
    link = re.search(r"http\S+/lc/[A-Za-z0-9_-]+", shown.content.decode())[0]
    assert owner.client.post("/" + link.split("/", 3)[3]).status_code == 302
    assert owner.is_signed_in


def test_while_another_passkey_is_left_no_link_is_offered(operator, owner, settings):
    settings.HEARTHKEY_PASSKEYS_RECOVERY_URL = RECOVERY_URL
    owner.signed_in()
    owner.device = SoftAuthenticator(origin=ORIGIN)
    assert owner.add().status_code == 201
    first, second = owner.passkeys
    answer = operator.client.post(f"{ADMIN}{first.pk}/delete/", follow=True)
    assert answer.redirect_chain
    assert "one-time link" not in answer.content.decode()
    assert owner.passkeys == [second]


@pytest.mark.parametrize("may_change", [True, False])
def test_a_link_is_offered_to_operators_who_may_make_one(operator, owner, stranger, settings, may_change):
    settings.HEARTHKEY_PASSKEYS_RECOVERY_URL = RECOVERY_URL
    settings.HEARTHKEY_PASSKEYS_MAY_MANAGE = "config.wiring.adapters.may_manage_passkeys"
    stranger.user.is_staff = True
    stranger.user.save()
    names = ["view_passkey", "delete_passkey", *(["change_user"] if may_change else [])]
    stranger.user.user_permissions.set(Permission.objects.filter(codename__in=names))
    stranger.signed_in()
    answer = stranger.client.post(f"{ADMIN}{owner.passkey.pk}/delete/", follow=True)
    assert owner.passkeys == []
    assert ("Create one-time code" in answer.content.decode()) is may_change


def test_the_buttons_are_djangos_own(operator, owner):
    page = operator.client.get(f"{ADMIN}{owner.passkey.pk}/delete/").content.decode()
    row = re.search(r'<div class="submit-row">.*?</div>', page, re.DOTALL)[0]
    assert '<input type="submit" class="default"' in row
    assert '<a class="closelink"' in row
    assert "admin/css/forms.css" in page


# K10
def test_the_last_passkey_of_the_last_administrator_stays(operator, owner):
    keyless = make_user("keyless", is_superuser=True)
    with pytest.raises(LastAdministrator):
        remove_passkey_of_member(actor=keyless, passkey=operator.passkey)
    assert len(operator.passkeys) == 1
    owner.user.is_superuser = True
    owner.user.save()
    remove_passkey_of_member(actor=keyless, passkey=operator.passkey)
    assert operator.passkeys == []


# L05
def test_an_operators_own_passkey_goes_on_the_account_page_only(operator, owner):
    owner.user.is_superuser = True
    owner.user.save()
    with pytest.raises(NotAllowed):
        remove_passkey_of_member(actor=operator.user, passkey=operator.passkey)
    assert operator.client.post(f"{ADMIN}{operator.passkey.pk}/delete/").status_code == 403
    assert len(operator.passkeys) == 1


def test_who_may_not_manage_removes_nothing(operator, owner, stranger):
    with pytest.raises(NotAllowed):
        remove_passkey_of_member(actor=stranger.user, passkey=owner.passkey)
    stranger.user.is_staff = True
    stranger.user.save()
    names = ("view_passkey", "delete_passkey")
    stranger.user.user_permissions.set(Permission.objects.filter(codename__in=names))
    stranger.signed_in()
    assert stranger.client.get(ADMIN).status_code == 200
    assert stranger.client.post(f"{ADMIN}{owner.passkey.pk}/delete/").status_code == 403
    assert len(owner.passkeys) == 1


def test_the_site_decides_who_manages(operator, owner, settings):
    settings.HEARTHKEY_PASSKEYS_MAY_MANAGE = f"{__name__}.nobody"
    assert operator.client.post(f"{ADMIN}{owner.passkey.pk}/delete/").status_code == 403
    with pytest.raises(NotAllowed):
        remove_passkey_of_member(actor=operator.user, passkey=owner.passkey)


def nobody(actor, user):
    return False


def test_a_forged_post_is_refused(operator, owner):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = operator.client.cookies
    assert browser.post(f"{ADMIN}{owner.passkey.pk}/delete/").status_code == 403
    assert len(owner.passkeys) == 1


def test_a_removal_that_was_sent_twice_is_done_once(operator, owner, stranger, heard):
    path = f"{ADMIN}{owner.passkey.pk}/delete/"
    assert [operator.client.post(path).status_code for _ in range(2)] == [302, 302]
    assert len(heard.of(PasskeyRemoved)) == 1
    assert len(stranger.passkeys) == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_a_link_is_offered_for_members_who_may_use_it(operator, owner, settings, is_active):
    settings.HEARTHKEY_PASSKEYS_RECOVERY_URL = RECOVERY_URL
    owner.user.is_active = is_active
    owner.user.save()
    answer = operator.client.post(f"{ADMIN}{owner.passkey.pk}/delete/", follow=True)
    assert owner.passkeys == []
    assert ("Create one-time code" in answer.content.decode()) is is_active


@pytest.mark.parametrize("is_active", [True, False])
def test_an_operator_who_was_disabled_meanwhile_removes_nothing(operator, owner, settings, is_active):
    settings.HEARTHKEY_PASSKEYS_MAY_MANAGE = "config.wiring.adapters.may_manage_passkeys"
    make_user("spare", is_superuser=True)
    operator.user.is_active = is_active
    operator.user.save()
    if is_active:
        remove_passkey_of_member(actor=operator.user, passkey=owner.passkey)
    else:
        with pytest.raises(NotAllowed):
            remove_passkey_of_member(actor=operator.user, passkey=owner.passkey)
    assert len(owner.passkeys) == (0 if is_active else 1)
