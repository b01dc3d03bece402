"""Client assertions, revocation and introspection against the real service: two worker processes, either database."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from jwcrypto import jwk

from tests.faults.test_two_workers import CALLBACK, code_for, signed_in
from tests.support import racing, servers
from tests.support.jwt_mutations import Genuine
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]
KEY = jwk.JWK.generate(kty="EC", crv="P-256", kid="one")


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        yield found


def test_signed_tokens_have_one_winner_and_end_everywhere_at_once(service: Hearthkey) -> None:  # B03, C03, G11
    session = signed_in(service)
    client = service.create_client("App", CALLBACK, "--unrestricted")
    service.manage(
        "shell", "-c", "from oidc_clients.models import Client; Client.objects.update(access_token_format='jwt')"
    )
    authentication = (client["client_id"], client["client_secret"])

    def post(path: str, **form: str) -> requests.Response:
        return requests.post(f"{service.url}/api/oidc/{path}", data=form, auth=authentication, timeout=60)

    code = code_for(service, session, client["client_id"])
    tokens = post("token", grant_type="authorization_code", code=code, redirect_uri=CALLBACK).json()
    answers = racing.at_once(
        [lambda: post("token", grant_type="refresh_token", refresh_token=tokens["refresh_token"])] * 50
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    fresh = answers[0].json()
    live = racing.at_once([lambda: post("introspect", token=fresh["access_token"]).json()["active"]] * 20)
    assert live == [True] * 20
    assert post("revoke", token=fresh["refresh_token"]).status_code == 200
    # Whichever worker answers: it is over.
    assert (
        racing.at_once([lambda: post("introspect", token=fresh["access_token"]).json()["active"]] * 20) == [False] * 20
    )
    bearer = {"Authorization": f"Bearer {fresh['access_token']}"}
    asked = racing.at_once([lambda: requests.get(f"{service.url}/api/oidc/userinfo", headers=bearer, timeout=60)] * 20)
    assert {answer.status_code for answer in asked} == {401}


def test_one_assertion_counts_once_over_two_workers(service: Hearthkey) -> None:  # D05
    create_administrator(service, username="root", email="root@example.org")
    client_id = service.create_client("App", CALLBACK, "--unrestricted")["client_id"]
    keys = json.dumps({"keys": [json.loads(KEY.export_public())]})
    service.manage("shell", "-c", f"from oidc_clients.models import Client; Client.objects.update(jwks={keys})")
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": service.url, "exp": now + 120, "jti": str(uuid.uuid4())}
    form = {
        "token": "unknown",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": Genuine(claims, KEY, "ES256").signed(),
    }
    answers = racing.at_once([lambda: requests.post(f"{service.url}/api/oidc/introspect", data=form, timeout=60)] * 30)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 29}
