"""The image by itself: who it runs as, what it holds, what it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.container.engine import IMAGE, ROOT, Engine

NAME = "hearthkey-alone"
LOCKED_DOWN = ("--cap-drop", "all", "--security-opt", "no-new-privileges")


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Iterator[Path]:
    """A data folder for a container, which is removed afterwards."""
    data = tmp_path / "data"
    data.mkdir()
    yield data
    engine.attempt("podman", "rm", "--force", "--volumes", "--time", "5", NAME)
    shutil.rmtree(data)


def start(engine: Engine, data: Path, *options: str) -> None:
    engine.podman("run", "--detach", "--name", NAME, "--volume", f"{data}:/app/data", *options, f"localhost/{IMAGE}")


def test_root_in_the_image_becomes_the_user_and_group_that_are_named(engine: Engine, folder: Path) -> None:
    start(engine, folder, "--env", "PUID=1234", "--env", "PGID=1235")
    engine.wait_until_healthy(NAME)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in [folder, *folder.rglob("*")]}
    assert owners == {(1234, 1235)}
    status = engine.podman("exec", NAME, "cat", "/proc/1/status")
    assert "Uid:\t1234\t1234\t1234\t1234" in status
    assert "Gid:\t1235\t1235\t1235\t1235" in status
    assert "CapEff:\t0000000000000000" in status
    assert "Groups:\t \n" in status


@pytest.mark.parametrize("name", ["PUID", "PGID"])
def test_a_user_that_is_no_number_stops_the_start_with_its_name(engine: Engine, folder: Path, name: str) -> None:
    start(engine, folder, "--env", f"{name}=ann")
    engine.podman("wait", NAME)
    assert engine.inspect(NAME)["State"]["ExitCode"] == 1
    assert engine.logs(NAME).strip() == f'{name} must be a number such as 1000, not "ann".'


def test_an_ordinary_user_without_any_capability_is_enough(engine: Engine, folder: Path) -> None:
    shutil.chown(folder, 1000, 1000)
    start(engine, folder, "--user", "1000:1000", *LOCKED_DOWN)
    engine.wait_until_healthy(NAME)


def test_an_ordinary_user_is_told_when_the_folder_is_not_writable(engine: Engine, folder: Path) -> None:
    start(engine, folder, "--user", "1000:1000", *LOCKED_DOWN)
    engine.podman("wait", NAME)
    assert engine.inspect(NAME)["State"]["ExitCode"] != 0
    said = engine.logs(NAME)
    assert "/app/data" in said
    assert "chown" in said
    assert "Traceback" not in said


def test_links_in_the_data_folder_are_not_followed(engine: Engine, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "link").symlink_to("/mnt/outside")
    start(engine, folder, "--volume", f"{outside}:/mnt/outside")
    engine.wait_until_healthy(NAME)
    assert outside.stat().st_uid == 0
    assert (folder / "link").lstat().st_uid == 1000


def test_a_named_volume_keeps_a_key_of_its_own_and_says_so(engine: Engine, folder: Path) -> None:
    engine.podman("run", "--detach", "--name", NAME, "--volume", "keys:/app/data", f"localhost/{IMAGE}")
    engine.wait_until_healthy(NAME)
    mode = engine.podman("exec", NAME, "stat", "-c", "%a %u", "/app/data/encryption_key").split()
    assert mode == ["600", "1000"]
    assert "encryption_key" in engine.logs(NAME)


def test_another_port_moves_the_health_check_with_it(engine: Engine, folder: Path) -> None:
    start(engine, folder, "--env", "PORT=1511")
    engine.wait_until_healthy(NAME)
    assert engine.podman("exec", NAME, "/app/pocket-id", "healthcheck") == ""
    wrong = engine.attempt("podman", "exec", "--env", "PORT=1512", NAME, "/app/pocket-id", "healthcheck")
    assert wrong.returncode != 0


def test_the_image_holds_no_tests_and_no_leftovers_of_its_making(engine: Engine) -> None:
    listing = engine.podman(
        "run", "--rm", "--entrypoint", "ls", f"localhost/{IMAGE}", "-A", "/app", "/app/requirements"
    )
    names = set(listing.split())
    assert {"manage.py", "config", "passkeys", ".static", "pocket-id"} <= names
    assert not names & {"tests", "docs", ".git", ".env", ".venv", ".artifacts", "Makefile", "dev.txt"}
    leftovers = engine.podman(
        *("run", "--rm", "--entrypoint", "find", f"localhost/{IMAGE}"),
        *("/app/data", "/root", "/tmp", "-mindepth", "1", "-not", "-name", ".bashrc", "-not", "-name", ".profile"),  # noqa: S108 - a folder of the image
    )
    assert leftovers == ""


def test_our_own_compose_file_starts_a_service_on_this_machine_only(engine: Engine, tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path / "docker-compose.yml")
    try:
        engine.compose(tmp_path, "--project-name", "ours", "up", "--detach", "--no-build")
        engine.wait_until_healthy("ours-hearthkey-1")
        assert engine.inspect("ours-hearthkey-1")["HostConfig"]["PortBindings"] == {
            "1411/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1411"}]
        }
        opened = engine.curl("--location", "http://localhost:1411/")
        assert "Create administrator" in opened.stdout, opened.stdout + engine.logs("ours-hearthkey-1")
    finally:
        engine.compose(tmp_path, "--project-name", "ours", "down", "--volumes")
