"""Calls that start at the same moment, in threads with database connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import connections, transaction

T = TypeVar("T")
WAIT = 120
"""Seconds until a race counts as stuck."""


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Return what the calls gave, in their order; the first exception among them is raised here."""
    return [done.result() for done in _started(list(calls))]


def outcomes(calls: Iterable[Callable[[], T]]) -> list[T | BaseException]:
    """Return what the calls gave or raised, in their order."""
    return [done.exception() or done.result() for done in _started(list(calls))]


def numbered(count: int, act: Callable[[int], T]) -> list[Callable[[], T]]:
    """Return ``count`` calls of ``act``, each with its number from 0."""
    return [partial(act, number) for number in range(count)]


def one_while_the_other_is_not_through(first: Callable[[], T], second: Callable[[], T]) -> list[T]:
    """Do ``second`` while what ``first`` wrote is not committed yet; return what both gave."""
    is_written = threading.Event()

    def leading() -> T:
        with transaction.atomic():
            given = first()
            is_written.set()
            time.sleep(0.5)
        return given

    def following() -> T:
        assert is_written.wait(WAIT)
        return second()

    return at_once([leading, following])


def _started(calls: list[Callable[[], T]]) -> list[Future[T]]:
    barrier = threading.Barrier(len(calls), timeout=WAIT)

    def run(call: Callable[[], T]) -> T:
        try:
            barrier.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [pool.submit(run, call) for call in calls]
