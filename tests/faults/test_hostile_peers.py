"""A client's back-channel logout endpoint that is slow or hostile: nobody who signs out notices, and nothing is harmed."""

# fault 11, H04

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from config.jobs.models import Job
from oidc_clients.exceptions import LogoutNotDelivered
from oidc_clients.models import LogoutDelivery
from oidc_clients.outbound import TIMEOUT
from oidc_clients.services.logout import deliver_logout
from oidc_clients.tasks import deliver_logout as deliver_task
from tests.oidc_clients.conftest import _no_limits_and_fresh_keys, app, browser, other_app, rose
from tests.oidc_clients.test_backchannel_logout import deliver
from tests.oidc_clients.test_outbound import Reply, Server, answer
from tests.support.oidc_clients.world import RelyingParty

__all__ = ["_no_limits_and_fresh_keys", "app", "browser", "other_app", "rose"]

pytestmark = pytest.mark.django_db
GIGABYTE = 1 << 30
#: Seconds beyond the deadline that a busy machine may need.
LEEWAY = 2


@pytest.fixture
def peer() -> Iterator[Callable[[Reply], Server]]:
    servers: list[Server] = []

    def start(reply: Reply) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def signed_out(app: RelyingParty, browser: Browser, url: str) -> LogoutDelivery:
    """Sign out, which returns at once, and return what waits for the client."""
    app.row.backchannel_logout_uri, app.row.is_on_own_network = url, True
    app.row.save()
    app.tokens(browser)
    began = time.monotonic()
    assert browser.post("/logout").status_code == 302
    assert time.monotonic() - began < 1
    return LogoutDelivery.objects.get()


def address_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/logout"


def test_a_peer_that_never_answers_is_left_after_five_seconds(app: RelyingParty, browser: Browser, peer: Any) -> None:
    assert TIMEOUT <= 5
    server = peer(lambda _connection, _request: time.sleep(20))
    delivery = signed_out(app, browser, address_of(server))
    began = time.monotonic()
    with pytest.raises(LogoutNotDelivered):
        deliver()
    assert time.monotonic() - began < TIMEOUT + LEEWAY
    delivery.refresh_from_db()
    assert delivery.last_error == "127.0.0.1 did not answer in time."
    assert len(server.requests) == 1


def test_of_an_answer_of_a_gigabyte_nothing_is_read(app: RelyingParty, browser: Browser, peer: Any) -> None:
    sent = []

    def pour(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {GIGABYTE}\r\n\r\n".encode())
        part = b"x" * (1 << 16)
        for _ in range(GIGABYTE // len(part)):
            connection.sendall(part)
            sent.append(len(part))

    delivery = signed_out(app, browser, address_of(peer(pour)))
    began = time.monotonic()
    deliver()
    assert time.monotonic() - began < TIMEOUT
    delivery.refresh_from_db()
    assert delivery.delivered_at is not None
    # No more than what lies in the buffers of two sockets.
    assert sum(sent) < GIGABYTE // 50


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
def test_a_redirect_to_the_metadata_service_is_not_followed(
    app: RelyingParty, browser: Browser, peer: Any, status: str
) -> None:
    server = peer(answer(status=status, extra="Location: http://169.254.169.254/latest/meta-data/\r\n"))
    delivery = signed_out(app, browser, address_of(server))
    began = time.monotonic()
    with pytest.raises(LogoutNotDelivered):
        deliver()
    assert time.monotonic() - began < LEEWAY
    delivery.refresh_from_db()
    assert "redirects are not followed" in delivery.last_error


@pytest.mark.parametrize(("host", "accepted"), [("169.254.169.254", False), ("[fd00:ec2::254]", False), ("", True)])
def test_the_metadata_service_itself_is_never_told(
    app: RelyingParty, browser: Browser, peer: Any, host: str, accepted: bool
) -> None:
    server = peer(answer())
    url = f"http://{host}/logout" if host else address_of(server)
    delivery = signed_out(app, browser, url)
    if accepted:
        deliver()
    else:
        with pytest.raises(LogoutNotDelivered):
            deliver()
    delivery.refresh_from_db()
    assert (delivery.delivered_at is not None) is accepted
    assert len(server.requests) == accepted


# A peer that is silent again and again.


def waiting(count: int, app: RelyingParty, rose: User, url: str) -> list[LogoutDelivery]:
    """Let the app wait for this many logout tokens."""
    app.row.backchannel_logout_uri, app.row.is_on_own_network = url, True
    app.row.save()
    rows = [LogoutDelivery(client=app.row, sub=str(rose.pk), sid=f"s{number}") for number in range(count)]
    return LogoutDelivery.objects.bulk_create(rows)


def attempt(delivery: LogoutDelivery) -> LogoutDelivery:
    with contextlib.suppress(LogoutNotDelivered):
        deliver_logout(delivery_id=delivery.pk)
    delivery.refresh_from_db()
    return delivery


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port: int = gone.getsockname()[1]
    return f"http://127.0.0.1:{port}/logout"


def test_a_peer_that_is_silent_three_times_is_left_alone_for_a_minute(
    app: RelyingParty, rose: User, nowhere: str
) -> None:
    deliveries = waiting(5, app, rose, nowhere)
    assert [attempt(delivery).attempts for delivery in deliveries] == [1, 1, 1, 0, 0]
    later = Job.objects.filter(task=deliver_task.module_path)
    assert sorted(job.arguments["args"][0] for job in later) == sorted(str(row.pk) for row in deliveries[3:])
    for job in later:
        assert timedelta(seconds=50) < job.due_at - timezone.now() <= timedelta(minutes=1)
    # What was tried already goes on at its own pace.
    assert attempt(deliveries[0]).attempts == 2
    LogoutDelivery.objects.update(unanswered_at=timezone.now() - timedelta(minutes=2))
    assert attempt(deliveries[3]).attempts == 1


def test_another_peer_is_told_meanwhile(
    app: RelyingParty, other_app: RelyingParty, rose: User, nowhere: str, peer: Any
) -> None:
    for delivery in waiting(3, app, rose, nowhere):
        attempt(delivery)
    (other,) = waiting(1, other_app, rose, address_of(peer(answer())))
    assert attempt(other).delivered_at is not None


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_one_answer_of_any_kind_ends_the_silence(
    app: RelyingParty, rose: User, nowhere: str, peer: Any, status: str
) -> None:
    deliveries = waiting(4, app, rose, nowhere)
    for delivery in deliveries[:2]:
        attempt(delivery)
    app.row.backchannel_logout_uri = address_of(peer(answer(status=status)))
    app.row.save()
    attempt(deliveries[2])
    assert not LogoutDelivery.objects.exclude(unanswered_at=None).exists()
    assert attempt(deliveries[3]).attempts == 1


def test_what_waited_for_a_day_is_tried_until_it_is_given_up(app: RelyingParty, rose: User, nowhere: str) -> None:
    deliveries = waiting(5, app, rose, nowhere)
    LogoutDelivery.objects.filter(pk=deliveries[4].pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert [attempt(delivery).attempts for delivery in deliveries] == [1, 1, 1, 0, 1]
