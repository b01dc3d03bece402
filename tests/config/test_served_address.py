"""Commands print links with the address that the service was started with."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support import servers
from tests.support.servers import ROOT, Hearthkey

pytestmark = pytest.mark.serve


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def elsewhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearthkey]:
    """A running service, in an environment that lacks the address and port that it was started with."""
    with servers.hearthkey(tmp_path_factory.mktemp("address"), database=request.param) as service:
        kept = {name: value for name, value in service.environment.items() if name not in {"APP_URL", "PORT"}}
        yield dataclasses.replace(service, environment=kept)


def ran(service: Hearthkey, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**service.environment, **extra},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def origin_of(link: str) -> str:
    parts = urlsplit(link.strip())
    return f"{parts.scheme}://{parts.netloc}"


def test_links_use_the_address_that_serve_recorded(elsewhere: Hearthkey) -> None:
    setup = ran(elsewhere, "setup_link")
    elsewhere.create_member("ada", "ada@example.org")
    code = ran(elsewhere, "login_code", "ada")
    for done in (setup, code):
        assert origin_of(done.stdout) == elsewhere.url
        assert f"Using the address that the service was started with: {elsewhere.url}" in done.stderr
    # The twin: an address that is set here is used, without a word.
    chosen = ran(elsewhere, "login_code", "ada", APP_URL="http://id.localhost:1411")
    assert origin_of(chosen.stdout) == "http://id.localhost:1411"
    assert chosen.stderr == ""
