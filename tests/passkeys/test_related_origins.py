"""Related origins (WebAuthn L3 §5.11) as a browser sees them: two sites with TLS and one RP ID."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from passkeys.models import Passkey
from tests.support.passkeys.browsing import LIST, Visitor, Worker
from tests.support.passkeys.world import make_user
from tests.support.servers import clean_environment, free_port, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWN, RELATED = "https://id.test", "https://shop.test"
CADDYFILE = """\
{{
    admin off
    auto_https disable_redirects
    skip_install_trust
    storage file_system {folder}/caddy
}}
https://id.test:{port}, https://shop.test:{port} {{
    bind 127.0.0.1
    tls internal
    reverse_proxy {upstream}
}}
http://127.0.0.1:{probe} {{
    respond 200
}}
"""


@pytest.fixture
def sites(settings: Any, tmp_path: Path) -> Iterator[int]:
    """The same service under both names, and the port of its TLS proxy. What is set first counts: the server reads it."""
    settings.HEARTHKEY_PASSKEYS_RP_ID = "id.test"
    settings.HEARTHKEY_PASSKEYS_ORIGINS = [OWN, RELATED]
    settings.ALLOWED_HOSTS = ["id.test", "shop.test"]
    settings.CSRF_TRUSTED_ORIGINS = [OWN, RELATED]
    server = LiveServer("localhost")
    port, probe = free_port(), free_port()
    file = tmp_path / "Caddyfile"
    file.write_text(CADDYFILE.format(folder=tmp_path, port=port, probe=probe, upstream=server.url))
    homes = clean_environment(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    command = ["caddy", "run", "--config", str(file)]
    try:
        with running(command, environment=homes, alive=f"http://127.0.0.1:{probe}", log=tmp_path / "caddy.log"):
            yield port
    finally:
        server.stop()


@pytest.fixture
def owner(sites: int) -> Iterator[Visitor]:
    """A member with one passkey, made at the RP ID's own site, and signed in nowhere."""
    rules = ", ".join(f"MAP {name}:443 127.0.0.1:{sites}" for name in ("id.test", "shop.test"))
    # The browser fetches the list of related origins by itself, so a context that overlooks its certificates is not enough.
    worker = Worker(f"--host-resolver-rules={rules}", "--ignore-certificate-errors")
    visitor = Visitor(worker, OWN)
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.open(f"{LIST}first")
    visitor.press("Add passkey")
    visitor.reach(LIST)
    visitor.sign_out()
    yield visitor
    worker.do(visitor.context.close)
    worker.close()


def test_a_passkey_signs_in_at_a_related_origin(owner: Visitor) -> None:
    owner.address = RELATED
    owner.open(f"{RELATED}/login")
    owner.press("Sign in with a passkey")
    owner.reach(LIST)
    assert Passkey.objects.get().last_used_at is not None


# The twin of the one above: the list that the browser reads no longer names that origin.
def test_a_passkey_signs_in_nowhere_that_the_list_does_not_name(owner: Visitor, settings: Any) -> None:
    settings.HEARTHKEY_PASSKEYS_ORIGINS = [OWN]
    used_before = Passkey.objects.get().last_used_at
    owner.open(f"{RELATED}/login")
    owner.press("Sign in with a passkey")
    owner.reads("Passkeys do not work at this address.")
    assert OWN in owner.text()
    assert Passkey.objects.get().last_used_at == used_before


def test_the_list_names_what_the_rp_id_does_not_cover(settings: Any, live_server: Any) -> None:
    settings.HEARTHKEY_PASSKEYS_RP_ID = "id.test"
    settings.HEARTHKEY_PASSKEYS_ORIGINS = [OWN, "https://login.id.test", RELATED]
    answer = requests.get(f"{live_server.url.replace('127.0.0.1', 'localhost')}/.well-known/webauthn", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {"origins": [RELATED]}
