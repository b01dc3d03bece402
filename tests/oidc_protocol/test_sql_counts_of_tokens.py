"""How many statements the hot paths cost in a warm process, with every middleware, the limiter and the audit row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import settings as project
from oidc_clients.models import Client, CustomClaim, Grant, RefreshToken
from oidc_clients.services import keys
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty
from tests.support.oidc_protocol.factories import basic, browser, post_form
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db(transaction=True)
SCOPE = "openid profile email groups"


@pytest.fixture(autouse=True)
def _as_the_project_runs(_provider: None, settings: Any) -> None:
    """Everything as in the project, which the tests beside this one leave aside."""
    for name in dir(project):
        if name.startswith("HEARTHKEY_OIDC_CLIENTS_") or name in _WIRING:
            setattr(settings, name, getattr(project, name))
    settings.HEARTHKEY_OIDC_CLIENTS_ISSUER = f"https://{HOST}"
    settings.ALLOWED_HOSTS = [HOST, "testserver"]


HOST = "id.example.test"
_WIRING = (
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "AUTHENTICATION_BACKENDS",
    "SESSION_ENGINE",
    "LOGIN_URL",
    "SESSION_COOKIE_NAME",
)


@pytest.fixture(params=[False, True], ids=["open", "restricted"])
def app(request: pytest.FixtureRequest) -> RelyingParty:
    member = world.member()
    group = world.group("Family", member)
    found = world.register(is_restricted=request.param, allowed_groups=[group] if request.param else [])
    assert Group.objects.count() == 1
    # Warm: the key is read and parsed, the secret's use is noted.
    keys.forget_key_state()
    found.tokens(world.signed_in(member))
    return found


def tokens_of(app: RelyingParty) -> dict[str, Any]:
    return app.tokens(world.signed_in(world.User.objects.get()), scope=SCOPE)


def cost(act: Callable[[], Any], *, at_most: int) -> Any:
    """What the call answers; it may send so many statements and no more."""
    with counted_sql() as statements:
        response = act()
    assert response.status_code == 200, response.content
    assert len(statements) <= at_most, "\n".join(statements)
    return response


def transactions(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert act().status_code == 200
    return sum(query["sql"].upper().startswith("COMMIT") for query in queries)


def test_a_token_by_code_costs_nine_statements_at_most(app: RelyingParty) -> None:
    code = app.code(world.signed_in(world.User.objects.get()), scope=SCOPE)
    answer = cost(lambda: app.redeem(code), at_most=9).json()
    assert {"access_token", "refresh_token", "id_token"} <= set(answer)


def test_a_token_by_refresh_costs_nine_statements_at_most(app: RelyingParty) -> None:
    tokens = tokens_of(app)
    cost(lambda: app.refresh(tokens["refresh_token"]), at_most=9)
    # The retry of a lost answer as well.
    cost(lambda: app.refresh(tokens["refresh_token"]), at_most=9)


def test_redemption_and_refresh_commit_once(app: RelyingParty) -> None:
    code = app.code(world.signed_in(world.User.objects.get()), scope=SCOPE)
    tokens = tokens_of(app)
    assert transactions(lambda: app.redeem(code)) == 1
    assert transactions(lambda: app.refresh(tokens["refresh_token"])) == 1
    assert Grant.objects.exclude(used_at=None).count() == Grant.objects.count()
    assert RefreshToken.objects.exclude(rotated_at=None).count() == 1


def test_userinfo_with_groups_and_custom_claims_costs_three_statements_at_most(app: RelyingParty) -> None:
    CustomClaim.objects.create(user=world.User.objects.get(), name="department", value="garden")
    access = tokens_of(app)["access_token"]
    headers = {"authorization": f"Bearer {access}"}
    answer = cost(lambda: browser().get("/api/oidc/userinfo", headers=headers), at_most=3).json()
    assert answer["groups"] == ["family"]
    assert answer["department"] == "garden"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("access_format", ["opaque", "jwt"])
def test_introspection_costs_two_statements_at_most(app: RelyingParty, kind: str, access_format: str) -> None:
    Client.objects.update(access_token_format=access_format)
    value = tokens_of(app)[kind]
    headers = {"authorization": basic(app.client_id, app.secret or "")}
    answer = cost(lambda: post_form("/api/oidc/introspect", {"token": value}, headers), at_most=2).json()
    assert answer["active"] is True
    nothing = cost(lambda: post_form("/api/oidc/introspect", {"token": "unknown"}, headers), at_most=2).json()
    assert nothing == {"active": False}


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"]
)
def test_metadata_costs_nothing_within_the_cache_time(app: RelyingParty, path: str) -> None:
    cost(lambda: browser().get(path), at_most=0)
