"""Every address says whom it is for, and refuses everybody else. A new one fails here until it is listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client as Browser

from accounts.models import User
from accounts.services.codes import create_code
from oidc_clients.models import SigningKey
from passkeys.models import Passkey
from tests.config.test_headers_and_hosts import every_path
from tests.support.accounts.people import browser as passkey_browser
from tests.support.accounts.people import make
from tests.support.oidc_clients import world
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db

EVERYBODY = "everybody"  # pages and documents without anything of anybody
MEMBERS = "members"  # a session
CLIENTS = "clients"  # credentials of a client, or a token
OPERATORS = "operators"  # the administration
HOLDERS = "holders"  # whoever holds the secret that the address or the cookie names

ROUTES = {
    **dict.fromkeys(["/healthz", "/readyz", "/static/nothing.css", "/no/such/page", "/", "/login"], EVERYBODY),
    **dict.fromkeys(
        ["/login/options", "/login/verify", "/lc", "/lc/", "/setup", "/logout", "/signup", "/signup/sign-out"],
        EVERYBODY,
    ),
    **dict.fromkeys(["/login/other", "/login/code"], EVERYBODY),
    **dict.fromkeys(["/.well-known/webauthn", "/.well-known/passkey-endpoints"], EVERYBODY),
    **dict.fromkeys(["/.well-known/change-password", "/.well-known/jwks.json"], EVERYBODY),
    **dict.fromkeys(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"], EVERYBODY),
    **dict.fromkeys(["/authorize", "/api/oidc/end-session", "/api/oidc/clients/sample/logo"], EVERYBODY),
    **dict.fromkeys(["/settings", "/settings/sample"], EVERYBODY),
    **dict.fromkeys(["/look/logo-light", "/look/logo-dark", "/look/site.css", "/look/admin.css"], EVERYBODY),
    **dict.fromkeys(["/account/", "/account/confirm", "/account/confirm/options"], MEMBERS),
    **dict.fromkeys(["/account/confirm/verify", "/account/passkeys/", "/account/passkeys/first"], MEMBERS),
    **dict.fromkeys(["/account/passkeys/add/options", "/account/passkeys/add/verify"], MEMBERS),
    **dict.fromkeys(["/account/passkeys/added", "/account/sessions/others/end"], MEMBERS),
    "/account/passkeys/add/confirm": HOLDERS,
    **dict.fromkeys(["/device", "/device/confirm", "/device/passkey", "/device/approve", "/device/refuse"], MEMBERS),
    "/device/switch": MEMBERS,
    **dict.fromkeys(["/login/device", "/login/device/continue", "/login/device/cancel"], EVERYBODY),
    **dict.fromkeys(["/login/device/sample", "/login/device/sample/approve"], HOLDERS),
    "/login/device/sample/refuse": HOLDERS,
    "/account/activity/": MEMBERS,
    **dict.fromkeys(["/account/apps/", "/account/apps/sample/revoke"], MEMBERS),
    **dict.fromkeys(["/account/profile", "/account/profile/picture", "/account/profile/picture/remove"], MEMBERS),
    "/account/profile/verification": MEMBERS,
    **dict.fromkeys(["/account/sessions", "/account/sessions/others/end"], MEMBERS),
    **dict.fromkeys(["/verify-email", "/verify-email/sample"], HOLDERS),
    "/api/users/sample/profile-picture.png": EVERYBODY,
    **dict.fromkeys(["/api/oidc/token", "/api/oidc/par", "/api/oidc/introspect", "/api/oidc/revoke"], CLIENTS),
    **dict.fromkeys(["/api/oidc/userinfo", "/api/oidc/device/authorize"], CLIENTS),
    **dict.fromkeys(["/lc/sample", "/st/sample", "/api/oidc/end-session/confirm"], HOLDERS),
}
NOBODY = "00000000-0000-0000-0000-000000000000"
PATTERNS = {
    f"/authorize/{NOBODY}/": HOLDERS,
    f"/account/passkeys/{NOBODY}/": MEMBERS,
    f"/account/apps/devices/{NOBODY}/": MEMBERS,
    f"/account/sessions/{NOBODY}/": MEMBERS,
    "/admin/": OPERATORS,
}


def audience(path: str) -> str | None:
    found = ROUTES.get(path)
    return found or next((who for start, who in PATTERNS.items() if path.startswith(start)), None)


def paths_for(who: str) -> list[str]:
    return [path for path in every_path() if audience(path) == who]


def state() -> dict[str, int]:
    """Count what nobody may make, change or take without a right to it."""
    names = ("User", "Passkey", "Client", "Consent", "Grant", "AccessToken", "LoginCode", "SigningKey", "Group")
    return {model.__name__: model._default_manager.count() for model in apps.get_models() if model.__name__ in names}


# The page that asks for a device's code, and the front page of the administration, lead on to the sign-in.
_WAYS_IN = ("/login", "/admin/login/", "/account/confirm", "/account/passkeys/first", "/device")


def refused(answer: Any) -> bool:
    """Whether an answer shows nothing: a refusal, or the way to sign in or to confirm."""
    location = answer.headers.get("Location", "")
    if answer.status_code in (302, 303):
        return location.startswith(_WAYS_IN) or location == "/admin/"
    return answer.status_code in (400, 401, 403, 404, 405, 415)


# L11, V24
def test_every_address_says_whom_it_is_for() -> None:
    assert [path for path in every_path() if audience(path) is None] == []
    assert set(ROUTES) <= set(every_path()), "These are no addresses any more."


# L11, V24
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_who_is_nobody_gets_nothing_of_members_clients_and_operators(root: User, method: str) -> None:
    passkey_of(root)
    before = state()
    for who in (MEMBERS, CLIENTS, OPERATORS, HOLDERS):
        for path in paths_for(who):
            assert refused(getattr(Browser(), method)(path)), (method, path)
    assert state() == before


# L11, V24: no header, query or cookie is another way in.
@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer x"},
        {"authorization": "Basic cm9vdDpyb290"},
        {"x-api-key": "x"},
        {"x-api-key": "null"},
        {"remote-user": "root"},
        {"x-remote-user": "root"},
        {"x-forwarded-user": "root"},
        {"cookie": "access_token=x; sessionid=x; hearthkey_session=root"},
        {"x-original-url": "/login"},
        {"x-http-method-override": "GET"},
    ],
    ids=lambda headers: "".join(f"{name}: {value}" for name, value in headers.items()),
)
def test_no_header_is_a_way_in(root: User, headers: dict[str, str]) -> None:
    for path in ("/account/", "/account/passkeys/", "/admin/", "/api/oidc/userinfo"):
        assert refused(Browser().get(path, headers=headers, query_params={"access_token": "x", "user": "root"}))
    assert passkey_browser(root).get("/account/").status_code == 200


# L11, V24
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_member_and_an_operator_without_rights_get_nothing_of_the_administration(root: User, method: str) -> None:
    member, staff = make("rose"), make("violet", is_staff=True)
    for user in (root, member, staff):
        passkey_of(user)
    before = state()
    # What any operator may see is the front page, and what leaves it.
    open_to_staff = {"/admin/", "/admin/logout/", "/admin/jsi18n/", "/admin/login/"}
    for path in paths_for(OPERATORS):
        answer = getattr(passkey_browser(member), method)(path)
        assert refused(answer) or path == "/admin/logout/", (path, answer.status_code)
        answer = getattr(passkey_browser(staff), method)(path)
        is_shown = answer.status_code == 200
        assert not is_shown or path in open_to_staff, path
    assert state() == before
    assert passkey_browser(root).get("/admin/hearthkey_accounts/user/").status_code == 200


def _member_page(rose: User) -> str:
    return f"/admin/hearthkey_accounts/user/{rose.pk}/change/"


def _code(rose: User) -> str:
    return f"/admin/hearthkey_accounts/user/{rose.pk}/code/"


def _disable(rose: User) -> str:
    return f"/admin/hearthkey_accounts/user/{rose.pk}/disable/"


def _delete(rose: User) -> str:
    return f"/admin/hearthkey_accounts/user/{rose.pk}/delete/"


def _passkey(rose: User) -> str:
    return f"/admin/hearthkey_passkeys/passkey/{passkey_of(rose).pk}/delete/"


# L11, V24
@pytest.mark.parametrize("action", [_member_page, _code, _disable, _delete, _passkey])
def test_each_action_on_a_member_needs_its_own_permission(
    root: User, rose: User, action: Callable[[User], str]
) -> None:
    passkey_of(rose)
    path, form = action(rose), {"username": "mallory", "post": "yes"}
    before = state()
    lookers = [f"view_{model._meta.model_name}" for model in apps.get_models()]
    nobody, looker = make("nobody", is_staff=True), make("looker", is_staff=True, permissions=tuple(lookers))
    assert looker.user_permissions.count() == Permission.objects.filter(codename__in=lookers).count()
    for user in (rose, nobody, looker):
        browser = passkey_browser(user)
        before |= state()
        assert browser.post(path, form).status_code == 403
        assert {**before, "Passkey": Passkey.objects.count()} == state()
    rose.refresh_from_db()
    assert (rose.username, rose.is_active) == ("rose", True)
    assert passkey_browser(root).post(path, form).status_code in (200, 302)


# L11, V24
def test_lists_show_members_their_own_and_no_page_shows_a_secret(root: User, rose: User) -> None:
    others = make("violet")
    own, foreign = passkey_of(rose), passkey_of(others)
    Passkey.objects.filter(pk=own.pk).update(name="Mine")
    Passkey.objects.filter(pk=foreign.pk).update(name="Theirs")
    page = passkey_browser(rose).get("/account/passkeys/").content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    assert str(foreign.pk) not in page
    app = world.register()
    tokens = app.tokens(world.signed_in(rose))
    link = create_code(user=rose, actor=None).link.rsplit("/", 1)[1]
    secrets = [world.SECRET, tokens["access_token"], tokens["refresh_token"], link]
    secrets += [SigningKey.objects.get().private_key[:40], app.row.secrets.get().digest]
    browser = passkey_browser(root)
    lists = [path for path in paths_for(OPERATORS) if browser.get(path).status_code == 200]
    assert len(lists) > 10
    for path in [*lists, f"/admin/hearthkey_oidc_clients/client/{app.row.pk}/change/", _member_page(rose)]:
        shown = browser.get(path).content.decode()
        assert [secret for secret in secrets if secret in shown] == [], path
