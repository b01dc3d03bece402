"""What ends a session ends it in every process at once, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import servers
from tests.support.faults.app import App, claims_of
from tests.support.oidc_clients.listener import listening
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator
from tests.support.wire import Wire

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

MEMBERS = "/admin/hearthkey_accounts/user/"
PASSKEYS = "/admin/hearthkey_passkeys/passkey/"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearthkey]:
    folder = tmp_path_factory.mktemp("ends")
    with servers.hearthkey(folder, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        create_administrator(found, username="root", email="root@example.org")
        found.create_member("bob", "bob@example.com")
        yield found


@pytest.fixture(scope="module")
def root(service: Hearthkey) -> Wire:
    return Wire(service, "root")


@pytest.fixture(scope="module")
def bob(service: Hearthkey) -> Wire:
    return Wire(service, "bob")


def key_of(service: Hearthkey, model: str, **wanted: str) -> str:
    """Return the primary key of a row of ``app.Model``."""
    app, name = model.split(".")
    asked = f"from {app}.models import {name}; print({name}.objects.get(**{wanted!r}).pk)"
    return service.manage("shell", "-v0", "-c", asked).strip()


# H04, L03
@pytest.mark.parametrize("how", ["disable", "sessions/end", "delete"])
def test_an_operator_ends_it_in_every_worker_and_clients_hear_of_it(
    service: Hearthkey, root: Wire, bob: Wire, how: str
) -> None:
    name = f"cleo-{how.replace('/', '-')}"
    service.create_member(name, f"{name}@example.com")
    cleo, app = Wire(service, name), App(service)
    with listening(200) as listener:
        where = f"backchannel_logout_uri='{listener.url}', is_on_own_network=True"
        client = f"Client.objects.filter(client_id='{app.client_id}')"
        service.manage("shell", "-c", f"from oidc_clients.models import Client; {client}.update({where})")
        tokens, others = app.sign_in(cleo.session), app.sign_in(bob.session)
        assert cleo.is_signed_in()
        page = f"{MEMBERS}{key_of(service, 'accounts.User', username=name)}/"
        done = root.post(f"{page}{how}/", form_on=page if how != "delete" else f"{page}delete/", post="yes")
        assert done.status_code == 302, done.text
        (told,) = listener.wait_for(1, seconds=60)
        id_token, claims = claims_of(service, tokens["id_token"]), claims_of(service, told)
        assert (claims["aud"], claims["sub"], claims["sid"]) == (app.client_id, id_token["sub"], id_token["sid"])
        # Whichever of the two workers answers.
        for _ in range(6):
            assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert app.refresh(others["refresh_token"]).ok
    assert not cleo.is_signed_in()
    assert bob.is_signed_in()


# L03, L04
def test_the_session_that_a_passkey_began_ends_with_the_passkey(service: Hearthkey, root: Wire, bob: Wire) -> None:
    service.create_member("eve", "eve@example.com")
    eve = Wire(service, "eve")
    assert eve.is_signed_in()
    page = f"{PASSKEYS}{key_of(service, 'passkeys.Passkey', user__username='eve')}/delete/"
    done = root.post(page, form_on=page, post="yes")
    assert done.status_code in {200, 302}, done.text
    assert not eve.is_signed_in()
    assert bob.is_signed_in()
