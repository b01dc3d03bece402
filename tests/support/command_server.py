"""Runs the service's commands in processes of their own, each forked from one that has loaded Django already.

A command in a new interpreter spends a second or more on imports before it does anything, and a journey runs dozens. What is
forked has no connection and no state but the imports, so a command starts as it would from a shell.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]


class CommandServer:
    """The side of the tests. It starts with the first command and ends with :meth:`close`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, arguments: list[str], *, text: str | None, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.command_server"],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([arguments, text, seconds]) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return self._alone(arguments, text, seconds)
        code, out, err = json.loads(line)
        return subprocess.CompletedProcess(["manage.py", *arguments], code, out, err)

    def _alone(self, arguments: list[str], text: str | None, seconds: float) -> subprocess.CompletedProcess[str]:
        """Run the command in an interpreter of its own: its settings can't be loaded, which is what the test is about."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            env=self._environment,
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def close(self) -> None:
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()  # type: ignore[union-attr]
            self._process.wait(timeout=20)


def main() -> None:
    """Read commands from standard input until it is closed."""
    # The log's settings follow from the program's name.
    sys.argv = ["manage.py", "check"]
    import django  # noqa: PLC0415
    from django.urls import get_resolver  # noqa: PLC0415

    import manage  # noqa: PLC0415
    from config.environment.schema import load_dotenv  # noqa: PLC0415

    load_dotenv()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    assert get_resolver().url_patterns
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(manage, *json.loads(line))) + "\n")
        sys.stdout.flush()


def _forked(manage: Any, arguments: list[str], text: str | None, seconds: float) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((text or "").encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for descriptor, file in enumerate((given, out, err)):
                os.dup2(file.fileno(), descriptor)
            _run(manage, arguments)
        code = _wait(child, seconds)
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


def _run(manage: Any, arguments: list[str]) -> NoReturn:
    code = 1
    try:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.argv = ["manage.py", *arguments]
        manage.main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if isinstance(stop.code, str):
            sys.stderr.write(f"{stop.code}\n")
    except BaseException:  # noqa: BLE001  # as an interpreter does at its end
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _wait(child: int, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return 124


if __name__ == "__main__":
    main()
