"""Deleting what requests are using: the deletion wins, and the requests get the protocol's answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.services.groups import delete_group
from accounts.services.members import delete_member
from oidc_clients.models import AccessToken, Client, RefreshToken
from oidc_clients.services.clients import delete_client
from tests.support.oidc_protocol.factories import (
    ask,
    consent_to,
    make_client,
    make_member,
    refresh,
    signed_in,
    tokens_for,
)
from tests.support.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
LOOPS = 6
# SQLite has one writer, so its requests meet far less often than those on PostgreSQL.
ROUNDS = 50 if connection.vendor == "postgresql" else 10


def beside_loops(delete: Callable[[], Any], uses: Iterable[Callable[[], int]]) -> list[set[int]]:
    """Delete while each of these is repeated; return the statuses that each loop got."""
    uses = list(uses)
    begun, over = threading.Barrier(len(uses) + 1, timeout=60), threading.Event()

    def loop(use: Callable[[], int]) -> set[int]:
        found = {use()}
        begun.wait()
        while not over.is_set():
            found.add(use())
        return found | {use()}

    def deleting() -> set[int]:
        begun.wait()
        try:
            delete()
        finally:
            over.set()
        return set()

    return at_once([deleting, *(partial(loop, use) for use in uses)])[1:]


class Refreshing:
    """A client's loop: it refreshes with the newest token that it has."""

    def __init__(self, member: Any, client: Client) -> None:
        self.client = client
        self.token = tokens_for(member, client)["refresh_token"]

    def __call__(self) -> int:
        response = refresh(self.client, self.token)
        if response.status_code == 200:
            self.token = response.json()["refresh_token"]
        else:
            assert response.json()["error"] in {"invalid_grant", "invalid_client"}
        return int(response.status_code)


class Authorizing:
    """A signed-in browser that asks for codes again and again."""

    def __init__(self, member: Any, client: Client) -> None:
        self.found, self.client = signed_in(member), client

    def __call__(self) -> int:
        return int(ask(self.found, self.client).status_code)


def test_deleted_client_answers_refreshes_with_invalid_client() -> None:
    member = make_member()
    for _ in range(ROUNDS):
        client = make_client()
        loops = [Refreshing(member, client) for _ in range(LOOPS)]
        got = beside_loops(partial(delete_client, client=client, actor=None), loops)
        assert set.union(*got) <= {200, 400, 401}
        assert not Client.objects.exists()
        assert not RefreshToken.objects.exists()
        assert not AccessToken.objects.exists()
        assert {loop() for loop in loops} == {401}


def test_deleted_client_answers_authorization_requests_with_a_page() -> None:
    member = make_member()
    for _ in range(10):
        client = make_client()
        consent_to(member, client)
        loops = [Authorizing(member, client) for _ in range(LOOPS)]
        got = beside_loops(partial(delete_client, client=client, actor=None), loops)
        assert set.union(*got) <= {302, 303, 400}
        assert {loop() for loop in loops} == {400}


def test_deleted_member_loses_refreshes_with_invalid_grant() -> None:
    client = make_client()
    for number in range(10):
        member = make_member(f"m{number}")
        loops = [Refreshing(member, client) for _ in range(LOOPS)]
        got = beside_loops(partial(delete_member, member=member, actor=None), loops)
        assert set.union(*got) <= {200, 400}
        assert not RefreshToken.objects.exists()
        assert {loop() for loop in loops} == {400}


def test_deleted_group_ends_access_of_its_members() -> None:
    member = make_member()
    for number in range(10):
        group = Group.objects.create(name=f"g{number}")
        member.groups.add(group)
        client = make_client(groups=(group,), client_id=f"app{number}")
        loops = [Refreshing(member, client) for _ in range(LOOPS)]
        got = beside_loops(partial(delete_group, group=group, actor=None), loops)
        assert set.union(*got) <= {200, 400}
        assert {loop() for loop in loops} == {400}
