from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.container.engine import Engine, compose_program, debian_mirror, missing_tools, run

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.container)
            item.add_marker(pytest.mark.timeout(400))  # the first one builds the base image as well


@pytest.fixture(scope="session")
def mirror() -> str:
    if os.geteuid() != 0:
        pytest.skip("building and running the image needs root")
    if missing := missing_tools():
        pytest.fail(f"missing: {', '.join(missing)}; install what requirements/apt-test.txt names")
    if (address := debian_mirror()) is None:
        pytest.skip("apt fetches no Debian here; set DEBIAN_MIRROR to the address of a mirror")
    return address


@pytest.fixture(scope="session")
def engine(mirror: str) -> Iterator[Engine]:
    """The image of this tree, built, and an engine that runs it."""
    folder = Path(tempfile.mkdtemp(prefix="hearthkey-container-"))
    try:
        engine = Engine(folder, compose_program(mirror))
        engine.build(mirror)
        with engine.running():
            yield engine
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[Path]:
    """The folder of somebody who follows a guide: its compose file, and a data folder that root made."""
    folder = tmp_path / "site"
    (folder / "data").mkdir(parents=True)
    shutil.copy(HERE / "guide-compose.yml", folder / "docker-compose.yml")
    yield folder
    engine.attempt(engine.compose_program, "down", "--volumes", "--timeout", "5", folder=folder)
    run("rm", "-rf", folder)
