"""openid-client, on Node, does every flow it knows with us."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from jwcrypto import jwk

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey, Site

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return servers.install_node_site(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def member(service: Hearthkey) -> str:
    service.create_member("nora", "nora@example.com")
    return "nora"


@pytest.fixture
def nora(service: Hearthkey, member: str, person: Callable[..., Person]) -> Person:
    nora = person()
    nora.enrol_by_link(member)
    return nora


@dataclass
class Authentication:
    """How a site proves who it is: what ``create_client`` is told, and what the site is."""

    name: str
    private_jwk: str = ""
    options: tuple[str, ...] = ()


def _authentication(name: str, folder: Path) -> Authentication:
    if name == "none":
        return Authentication(name, options=("--public",))
    if name != "private_key_jwt":
        return Authentication(name)
    key = jwk.JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256")
    key["kid"] = key.thumbprint()
    keys = folder / "keys.json"
    keys.write_text(json.dumps({"keys": [key.export_public(as_dict=True)]}))
    return Authentication(name, key.export_private(), ("--jwks-file", str(keys)))


@contextlib.contextmanager
def _running(
    service: Hearthkey, folder: Path, packages: Path, *options: str, authentication: str = "basic"
) -> Iterator[Site]:
    way = _authentication(authentication, folder)
    site = servers.node_site(folder, packages, authentication=way.name, private_jwk=way.private_jwk)
    told = [option.replace("{site}", site.url) for option in options]
    credentials = service.create_client("Node app", site.callback_url, "--unrestricted", *way.options, *told)
    with site.start(site, credentials, service.url):
        yield site


@pytest.mark.parametrize("authentication", ["basic", "post", "none", "private_key_jwt"])
# D01 D05 G10 G11
def test_a_code_becomes_tokens_that_are_read_renewed_and_taken_back(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path, authentication: str
) -> None:
    with _running(service, tmp_path, packages, authentication=authentication) as site:
        nora.agree_at(site)
        assert nora.whoami(site)["claims"]["preferred_username"] == "nora"
        assert nora.json_at(f"{site.url}/userinfo")["email"] == "nora@example.com"
        renewed = nora.json_at(f"{site.url}/refresh")
        for claim in ("iss", "sub", "aud", "auth_time", "sid"):
            assert renewed["before"][claim] == renewed["after"][claim]
        if authentication == "none":
            # A public client can't introspect, but it can take its tokens back.
            assert nora.json_at(f"{site.url}/revoke")["status"] == 401
            assert nora.json_at(f"{site.url}/userinfo")["status"] == 401
        else:
            assert nora.json_at(f"{site.url}/introspect")["active"] is True
            assert nora.json_at(f"{site.url}/revoke") == {"active": False}


# A12
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_the_answer_comes_in_the_mode_that_was_asked_for(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path, mode: str
) -> None:
    with _running(service, tmp_path, packages) as site:
        nora.page.goto(f"{site.login_url}?response_mode={mode}")
        nora.button("Continue").click()
        nora.arrive(site.whoami_url)
        assert nora.whoami(site)["signed_in"] is True
        # Agreed already: the answer comes without any page of ours between.
        nora.page.goto(f"{site.login_url}?response_mode={mode}")
        nora.arrive(site.whoami_url)


# E01 E03
def test_a_request_is_pushed_before_the_browser_goes(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path
) -> None:
    with _running(service, tmp_path, packages, "--require-par") as site:
        nora.page.goto(site.login_url)
        assert nora.hear(site, "invalid_request")
        nora.page.goto(f"{site.login_url}?par=1")
        nora.button("Continue").click()
        nora.arrive(site.whoami_url)


# A17
def test_a_fresh_sign_in_is_asked_for_and_proved(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path
) -> None:
    with _running(service, tmp_path, packages) as site:
        nora.agree_at(site)
        nora.page.goto(f"{site.login_url}?prompt=login&max_age=0")
        nora.button("Confirm with a passkey").click()
        nora.arrive(site.whoami_url)
        assert nora.whoami(site)["claims"]["acr"] == "phr"


# F05
@pytest.mark.parametrize("approves", [True, False])
def test_a_device_without_a_browser_gets_its_tokens(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path, *, approves: bool
) -> None:
    with _running(service, tmp_path, packages) as site:
        started = requests.get(f"http://127.0.0.1:{site.port}/device/start", timeout=10).json()
        nora.page.goto(started["verification_uri_complete"])
        nora.button("Continue").click()
        nora.button("Approve" if approves else "Refuse").click()
        nora.page.wait_for_load_state()
        ended = requests.get(
            f"http://127.0.0.1:{site.port}/device/finish", params={"user_code": started["user_code"]}, timeout=30
        ).json()
        if approves:
            assert ended["claims"]["preferred_username"] == "nora"
            assert ended["refreshes"] is True
        else:
            assert ended["error"] == "access_denied"


# H02
def test_signing_out_there_signs_out_here_and_leads_back(
    service: Hearthkey, nora: Person, tmp_path: Path, packages: Path
) -> None:
    with _running(service, tmp_path, packages, "--logout-callback-url", "{site}/goodbye") as site:
        nora.agree_at(site)
        gone = nora.json_at(f"{site.url}/logout")
        assert gone == {"goodbye": True, "parameters": {"state": "back-to-the-garden"}}
        nora.open("/account/")
        assert "/login" in nora.page.url
