"""Keeping the server and the job worker running as two children of one process."""

from __future__ import annotations

import collections
import contextlib
import logging
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

logger = logging.getLogger("hearthkey.start")

_TICK = 0.1
#: So many ends of the worker within so many seconds are not a mishap any more.
_FAILURES = 5
_WITHIN = 60.0
_LONGEST_PAUSE = 15.0
#: Seconds that the worker has for the jobs it began, once the server has ended. What it loses then is run again.
_GRACE = 20.0


class Supervisor:
    """Runs a server and a worker: the server's end is the end, the worker is started again."""

    def __init__(self, *, server: Sequence[str], worker: Sequence[str]) -> None:
        self._server_command = server
        self._worker_command = worker
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._is_stopping = False
        self._failures: collections.deque[float] = collections.deque(maxlen=_FAILURES)
        self._restart_at = 0.0

    def run(self, *, announce: Callable[[subprocess.Popen[bytes]], None]) -> int:
        """Start both and wait for the end; return 0 when it was asked for, else 1.

        ``announce`` is called once with the server and returns when it answers, or has ended.
        """
        self._server = subprocess.Popen(self._server_command)  # noqa: S603  # our own arguments, no shell
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._forward)
        announce(self._server)
        while self._server.poll() is None:
            if not self._keep_worker():
                self._stop_all()
                return 1
            time.sleep(_TICK)
        was_asked = self._is_stopping
        self._stop_all()
        if not was_asked:
            logger.error("The server ended with %s; the service ends with it.", self._server.returncode)
        return 0 if was_asked else 1

    def _forward(self, number: int, _frame: object) -> None:
        self._is_stopping = self._is_stopping or number != signal.SIGHUP
        for child in (self._server, self._worker):
            if child is not None:
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(number)

    def _keep_worker(self) -> bool:
        """Start the worker when it is missing; return False when it fails too often."""
        now = time.monotonic()
        if self._is_stopping:
            return True
        if self._worker is not None and self._worker.poll() is not None:
            self._failures.append(now)
            if len(self._failures) == _FAILURES and now - self._failures[0] <= _WITHIN:
                logger.error("The job worker failed %s times in a minute; the service ends.", _FAILURES)
                return False
            recent = sum(1 for failure in self._failures if now - failure <= _WITHIN)
            pause = min(0.5 * 2 ** (recent - 1), _LONGEST_PAUSE)
            logger.warning("The job worker ended with %s; it starts again in %s s.", self._worker.returncode, pause)
            self._worker, self._restart_at = None, now + pause
        if self._worker is None and now >= self._restart_at:
            self._worker = subprocess.Popen(self._worker_command)  # noqa: S603  # our own arguments, no shell
        return True

    def _stop_all(self) -> None:
        self._is_stopping = True
        for child in (self._server, self._worker):
            if child is not None and child.poll() is None:
                child.terminate()
        if self._server is not None:
            self._server.wait()
        if self._worker is not None:
            try:
                self._worker.wait(timeout=_GRACE)
            except subprocess.TimeoutExpired:
                logger.warning("A job did not end in time; it will be run again.")
                self._worker.kill()
                self._worker.wait()
