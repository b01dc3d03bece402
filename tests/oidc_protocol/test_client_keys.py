"""The keys that a client publishes for its assertions: fetched, kept, and asked for again."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from jwcrypto import jwk

from oidc_clients.models import Client, ClientKeySet
from tests.support import jwt_mutations
from tests.support.oidc_protocol.assertions import KEY, OTHERS, assertion, is_accepted, key_client, public

pytestmark = pytest.mark.django_db


class KeyServer:
    """A client's own server: serves its keys, and counts how often it is asked."""

    def __init__(self) -> None:
        self.document: Any = public(KEY)
        self.status = 200
        self.asked = 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                body = json.dumps(server.document).encode()
                self.send_response(server.status)
                self.send_header("Content-Type", "application/jwk-set+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.stop()


def older(**by: float) -> None:
    ClientKeySet.objects.update(fetched_at=timezone.now() - timedelta(**by))


def test_keys_are_fetched_and_kept_for_five_minutes(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    assert is_accepted(assertion().signed())
    assert key_server.asked == 1
    older(minutes=4, seconds=50)
    assert is_accepted(assertion().signed())
    assert key_server.asked == 1
    older(minutes=5, seconds=1)
    assert is_accepted(assertion().signed())
    assert key_server.asked == 2


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    fresh = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-new")
    key_server.document = public(KEY, fresh)
    for _ in range(5):
        assert not is_accepted(assertion(key=fresh).signed())
    assert key_server.asked == 1
    older(minutes=1, seconds=1)
    assert is_accepted(assertion(key=fresh).signed())
    assert key_server.asked == 2
    for _ in range(3):
        assert not is_accepted(assertion(key=jwt_mutations.STRANGER).with_header(kid="nobody"))
    assert key_server.asked == 2


def test_a_key_that_is_withdrawn_is_refused_at_the_next_fetch(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    key_server.document = public(OTHERS["ES256"])
    older(minutes=6)
    assert not is_accepted(assertion().signed())
    assert is_accepted(assertion(key=OTHERS["ES256"], alg="ES256").signed())


def test_a_server_that_is_down_keeps_the_keys_and_is_not_asked_at_every_request(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    key_server.status = 500
    for _ in range(3):
        assert not is_accepted(assertion().signed())
    assert key_server.asked == 1
    key_server.status = 200
    older(minutes=1, seconds=1)
    assert is_accepted(assertion().signed())
    key_server.status = 500
    older(minutes=6)
    assert is_accepted(assertion().signed())


# M06
def test_a_private_address_is_asked_only_when_the_operator_said_so(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri)
    assert not is_accepted(assertion().signed())
    assert key_server.asked == 0
    Client.objects.update(is_on_own_network=True)
    older(minutes=2)
    assert is_accepted(assertion().signed())


@pytest.mark.parametrize("document", [[], {}, {"keys": "x"}, {"keys": [{"kid": "\x00", "kty": "RSA"}]}, "x", 7, None])
def test_odd_documents_are_no_keys(key_server: KeyServer, document: Any) -> None:
    key_server.document = document
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert not is_accepted(assertion().signed())
    key_server.document = public(KEY)
    older(minutes=2)
    assert is_accepted(assertion().signed())


def test_private_parts_in_a_published_key_are_not_kept(key_server: KeyServer) -> None:
    key_server.document = {"keys": [json.loads(KEY.export_private())]}
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    assert "d" not in ClientKeySet.objects.get().keys[0]
