"""What people and programs send reaches no statement as anything but a value."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.test import Client as Browser

from accounts.models import User
from tests.support.accounts.people import browser as passkey_browser
from tests.support.accounts.people import make
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, urlencode
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db

SQL = [
    "' OR 1=1 --",
    '" OR ""="',
    "1; DROP TABLE hearthkey_accounts_user; --",
    "x') UNION SELECT 1,2,3,4 --",
    "1 AND SLEEP(5)",
    "1 AND (SELECT pg_sleep(5)) IS NULL",
    "(CASE WHEN (1=1) THEN username ELSE email END)",
    "%' OR '1'='1",
    "a.b.c",
    "__class__",
    "pk__in=[1]",
    "crosstab(1)",
    "x\" AS y, (SELECT 'z')",
]
LISTS = [
    "hearthkey_accounts/user",
    "auth/group",
    "hearthkey_accounts/reservedidentifier",
    "hearthkey_passkeys/passkey",
    "hearthkey_oidc_clients/client",
    "hearthkey_oidc_clients/signingkey",
    "hearthkey_oidc_clients/logoutdelivery",
]
#: What a list reads of its address, and what others' lists read.
PARAMETERS = [
    "o",
    "p",
    "q",
    "e",
    "all",
    "sort",
    "order",
    "order_by",
    "ordering",
    "page",
    "page_size",
    "cursor",
    "fields",
]
#: Columns that are nobody's to see, and ways to ask for them letter by letter.
GUESSES = {
    "hearthkey_accounts/user": [
        "password__startswith",
        "login_codes__token_digest__startswith",
        "sessions__key_digest",
    ],
    "hearthkey_passkeys/passkey": ["public_key", "credential_id__startswith", "user__password__startswith"],
    "hearthkey_oidc_clients/client": ["secrets__digest__startswith", "client_secret__startswith", "grant__code"],
    "hearthkey_oidc_clients/signingkey": ["private_key__startswith", "private_key__regex"],
    "auth/group": ["user__password__startswith", "permissions__codename__regex"],
}


def rows(page: str) -> int:
    return len(re.findall(r'<th class="field-|<td class="action-checkbox"', page))


def count_all() -> int:
    return sum(model._default_manager.count() for model in apps.get_models() if model._meta.label != "audit.Event")


# M07, V57
@pytest.mark.parametrize("page", LISTS)
def test_a_list_is_sorted_and_cut_by_what_it_offers_only(root: User, page: str) -> None:
    for name in ("rose", "violet"):
        passkey_of(make(name))
    browser = passkey_browser(root)
    address = f"/admin/{page}/"
    assert browser.get(address).status_code == 200
    users = list(User.objects.order_by("pk").values_list("pk", "username", "is_superuser"))
    for parameter in PARAMETERS:
        for value in SQL:
            answer = browser.get(f"{address}?{parameter}={quote(value)}")
            assert answer.status_code in (200, 302, 400, 404), (parameter, value)
            assert "syntax error" not in answer.content.decode()
            assert "SELECT" not in answer.content.decode().replace(value, "").replace("&#x27;", "'").split("<body")[0]
    assert list(User.objects.order_by("pk").values_list("pk", "username", "is_superuser")) == users


# M07, V57
@pytest.mark.parametrize("page", GUESSES)
def test_no_column_is_guessed_by_filtering(root: User, page: str) -> None:
    rose = make("rose")
    passkey_of(rose)
    world.register()
    browser = passkey_browser(root)
    for lookup in GUESSES[page]:
        for value in ("", "a", "p", ".", "\\x", "%", *SQL[:4]):
            answer = browser.get(f"/admin/{page}/?{lookup}={quote(value)}")
            # Refused, or sent back to the whole list: never a list that is shorter by what the column says.
            assert answer.status_code in (302, 400), (lookup, value)


# M07, V57
def test_sorting_by_what_a_list_offers_works(root: User) -> None:
    for name in ("rose", "violet", "aster"):
        make(name)
    browser = passkey_browser(root)

    def order(query: str) -> list[str]:
        page = browser.get(f"/admin/hearthkey_accounts/user/?{query}").content.decode()
        return re.findall(r'<th class="field-username[^"]*"><a[^>]*>([^<]+)</a>', page)

    assert order("o=1") == sorted(order("o=1"))
    assert order("o=-1") == order("o=1")[::-1]
    assert len(order("o=1")) == 4
    # A number that is no column counts for nothing, however many there are.
    assert order("o=99") == order("o=-99") == order("o=" + ".".join(["99"] * 500)) == order("")


# M07, V57
@pytest.mark.parametrize("value", SQL)
def test_nothing_a_client_sends_is_more_than_a_value(rose: User, app: RelyingParty, value: str) -> None:
    tokens = app.tokens(world.signed_in(rose))
    before = count_all()
    proof = {"client_id": app.client_id, "client_secret": app.secret}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("/api/oidc/token", {**proof, "grant_type": "authorization_code", "code": value}),
        ("/api/oidc/token", {**proof, "grant_type": "refresh_token", "refresh_token": value}),
        ("/api/oidc/token", {"client_id": value, "client_secret": value, "grant_type": "authorization_code"}),
        ("/api/oidc/introspect", {**proof, "token": value}),
        ("/api/oidc/revoke", {**proof, "token": value}),
        ("/api/oidc/device/authorize", {**proof, "scope": value}),
    ]
    for path, form in forms:
        answer = Browser().post(path, urlencode(form), content_type=world.FORM)
        assert answer.status_code in (200, 400, 401), path
        assert "access_token" not in answer.content.decode()
        assert answer.json().get("active") in (None, False) if answer.content else True
    assert Browser().get(f"/lc/{quote(value, safe='')}").status_code == 404
    assert world.signed_in(rose).post("/device", {"user_code": value}).status_code < 500
    assert app.authorize(Browser(), client_id=value).status_code == 400
    assert world.userinfo(value).status_code == 401
    assert count_all() <= before + 20
    assert app.refresh(tokens["refresh_token"]).status_code == 200
