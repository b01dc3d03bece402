"""What ends a session ends it in every process at once, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers
from tests.servers import Hearthkey
from tests.setting_up import create_administrator
from tests.wire import Wire

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


# L03
@pytest.mark.parametrize("how", ["disable", "sessions/end", "delete"])
def test_an_operator_signs_a_member_out_of_every_worker(service: Hearthkey, root: Wire, bob: Wire, how: str) -> None:
    name = f"ada-{how.replace('/', '-')}"
    service.create_member(name, f"{name}@example.com")
    ada = Wire(service, name)
    assert ada.is_signed_in()
    page = f"{MEMBERS}{key_of(service, 'accounts.User', username=name)}/"
    done = root.post(f"{page}{how}/", form_on=page if how != "delete" else f"{page}delete/", post="yes")
    assert done.status_code == 302, done.text
    assert not ada.is_signed_in()
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
