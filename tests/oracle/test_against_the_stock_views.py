"""The same requests go to this provider and to django-oauth-toolkit's stock views; each difference has its reason."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from tests.oracle import corpus
from tests.oracle.differences import DIFFERENCES, Difference
from tests.support.oidc_protocol.factories import consent_to, make_client, make_member, sign_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stock() -> dict[str, dict[str, str]]:
    """What the stock views answered, by endpoint and case."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "oracle" / "stock.py")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.fixture
def browser(db: None, settings: Any) -> Browser:
    """A member's browser; they have agreed to the corpus's client."""
    settings.HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = None
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if not name.startswith(("config.requests.middleware.host", "config.requests.middleware.rate"))
    ]
    member = make_member("ada")
    for client_id in (corpus.CLIENT_ID, corpus.OTHER_CLIENT_ID):
        client = make_client(client_id, secret=corpus.SECRET, redirect_uris=[corpus.CALLBACK])
        consent_to(member, client)
    found = Browser()
    sign_in(found, member)
    return found


def test_the_corpus_is_large_enough_and_every_case_has_a_name_of_its_own() -> None:
    for cases in (list(corpus.authorization_cases()), list(corpus.token_cases())):
        assert len(cases) == len({case.name for case in cases})
    assert len(list(corpus.authorization_cases())) + len(list(corpus.token_cases())) >= 200


# A01 A02 A05 A07 A08 A13 A14
def test_authorization_requests_come_to_what_the_stock_views_say(browser: Browser, stock: dict[str, Any]) -> None:
    ours = {
        case.name: corpus.told(browser.get("/authorize", QUERY_STRING=case.encoded()))
        for case in corpus.authorization_cases()
    }
    _compare("authorize", ours, stock["authorize"])


# B02 B07 B11 B12 D02 D03
def test_token_requests_come_to_what_the_stock_views_say(browser: Browser, stock: dict[str, Any]) -> None:
    ours = {
        case.name: corpus.token_told(corpus.send(case, browser, "/api/oidc/token")) for case in corpus.token_cases()
    }
    _compare("token", ours, stock["token"])


def _compare(endpoint: str, ours: dict[str, str], stock: dict[str, str]) -> None:
    assert ours.keys() == stock.keys()
    known = [difference for difference in DIFFERENCES if difference.endpoint == endpoint]
    differing = {name: (ours[name], stock[name]) for name in ours if ours[name] != stock[name]}
    unexplained = {
        name: pair for name, pair in differing.items() if not any(_explains(one, name, *pair) for one in known)
    }
    assert unexplained == {}
    unused = [one for one in known if not any(_explains(one, name, *pair) for name, pair in differing.items())]
    assert unused == []
    # Whatever it comes to, nothing breaks.
    assert [name for name, answer in ours.items() if " 5" in answer or answer.startswith("5")] == []


def _explains(one: Difference, name: str, ours: str, stock: str) -> bool:
    return fnmatchcase(name, one.case) and ours == one.ours and stock in one.stock
