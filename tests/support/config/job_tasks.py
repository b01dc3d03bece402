"""Tasks of the job tests. They leave lines in a file, because workers are other processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django_tasks import task
from django_tasks.base import TaskContext


def append(path: str, text: str) -> None:
    """Add a line to a file, whole even when several processes do it at once."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{text}\n".encode())
    finally:
        os.close(handle)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@task()
def note(path: str, text: str) -> int:
    append(path, text)
    return len(text)


@task()
def note_slowly(path: str, text: str, seconds: float) -> None:
    append(path, f"begin {text}")
    time.sleep(seconds)
    append(path, f"end {text}")


@task()
def fail_first(path: str, times: int) -> str:
    append(path, "try")
    if len(lines(Path(path))) <= times:
        raise RuntimeError("not yet\x1b[31m /lc/a-secret-code")
    return "at last"


@task(takes_context=True)
def note_attempt(context: TaskContext, path: str) -> None:
    append(path, str(context.attempt))
    if context.attempt == 1:
        raise RuntimeError("again")


def no_task() -> None:
    raise AssertionError("only tasks are run")
