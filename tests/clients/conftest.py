from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support import servers
from tests.support.people import Person, chromium
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator


@pytest.fixture(scope="session")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go sites, built once."""
    return servers.build_go_sites(tmp_path_factory.mktemp("go"))


# Each module's own, so that the members of one are no strangers in another.
@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearthkey]:
    """A service with its administrator, ``root``. All browsers share one address, so its limits are off."""
    with servers.hearthkey(tmp_path_factory.mktemp("hearthkey"), DISABLE_RATE_LIMITING="true") as running:
        create_administrator(running, username="root", email="root@example.com")
        yield running


# Playwright's loop would stand in the way of other modules' database work, so it ends with the module.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def person(browser: Browser, service: Hearthkey) -> Iterator[Callable[..., Person]]:
    """Returns new persons. At the end of the test no page of theirs may have broken its content security policy."""
    people: list[Person] = []

    def sit_down(**context: object) -> Person:
        people.append(Person(browser, service, **context))
        return people[-1]

    yield sit_down
    complaints = [complaint for one in people for complaint in one.complaints]
    for one in people:
        one.close()
    assert complaints == []
