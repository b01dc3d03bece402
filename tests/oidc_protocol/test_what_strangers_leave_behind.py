"""Whoever has no account leaves little behind: pending requests are small and few, refusals in the audit trail are few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import HttpRequest

from oidc_clients.models import DeviceGrant, Interaction, PushedRequest
from oidc_clients.signals import token_refused
from tests.support.oidc_protocol.factories import (
    answer_of,
    ask,
    browser,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    request_for,
)

pytestmark = pytest.mark.django_db

taken: list[str] = []


def two_each(request: HttpRequest, policy: str) -> float | None:
    """A limit that lets two of everything pass."""
    taken.append(policy)
    return 30.0 if taken.count(policy) > 2 else None


@pytest.fixture
def _limits(settings: Any) -> None:
    taken.clear()
    settings.HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = f"{__name__}.two_each"


@contextmanager
def listening() -> Iterator[list[Any]]:
    told: list[Any] = []

    def listen(event: Any, **_: Any) -> None:
        told.append(event)

    token_refused.connect(listen)
    try:
        yield told
    finally:
        token_refused.disconnect(listen)


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_parameters_that_are_kept_have_a_limit_in_all(method: str) -> None:
    client = make_client()
    parameters = request_for(client, state="", nonce="")
    rest = 8192 - sum(len(value) for name, value in parameters.items() if value)
    accepted = getattr(browser(), method)(
        "/authorize", {**parameters, "state": "s" * 2048, "ui_locales": "e" * (rest - 2048)}
    )
    assert accepted.status_code == 303
    assert Interaction.objects.count() == 1
    refused = getattr(browser(), method)(
        "/authorize", {**parameters, "state": "s" * 2048, "ui_locales": "e" * (rest - 2047)}
    )
    assert answer_of(refused)["error"] == "invalid_request"
    assert "8192 bytes in all" in answer_of(refused)["error_description"]
    # What nobody keeps may be as long as ever.
    ignored = getattr(browser(), method)("/authorize", {**parameters, "login_hint": "x" * 8000, "unknown": "x" * 8000})
    assert ignored.status_code == 303
    assert "unknown" not in Interaction.objects.last().parameters


@pytest.mark.usefixtures("_limits")
def test_pending_requests_are_limited_and_answered_ones_are_not() -> None:
    client = make_client()
    assert [ask(browser(), client).status_code for _ in range(3)] == [303, 303, 429]
    late = ask(browser(), client)
    assert late.headers["Retry-After"] == "30"
    assert Interaction.objects.count() == 2
    # A request that needs nobody makes no row.
    assert code_for(make_member(), client)


@pytest.mark.usefixtures("_limits")
def test_whoever_names_a_public_client_is_limited_and_a_client_with_a_secret_is_not() -> None:
    public, confidential = make_client("public", secret=None), make_client()
    form = {"client_id": "public", "scope": "openid"}
    assert [post_form("/api/oidc/device/authorize", form).status_code for _ in range(3)] == [200, 200, 429]
    assert post_form("/api/oidc/par", request_for(public)).json()["error"] == "temporarily_unavailable"
    assert DeviceGrant.objects.count() == 2
    from_server = {**request_for(confidential), "client_secret": "owners-app-secret-0123456789"}
    assert [post_form("/api/oidc/par", from_server).status_code for _ in range(3)] == [201, 201, 201]
    assert PushedRequest.objects.count() == 3


@pytest.mark.usefixtures("_limits")
def test_a_strangers_refusals_are_told_a_few_times_and_those_about_a_member_always(caplog: Any) -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    with listening() as told:
        answers = [redeem(client, "x", secret="wrong").status_code for _ in range(4)]
        assert answers == [401] * 4
        assert len(told) == 2
        redeem(client, code, code_verifier="w" * 43)
    assert [event.user for event in told] == [None, None, str(member.pk)]
    # The log has them all.
    assert sum("A client's request was refused" in line for line in caplog.messages) == 5
