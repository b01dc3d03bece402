from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from accounts.services.setup import needs_setup, open_window, setup_link
from config.serving import address, startup
from config.serving.http_worker import MAX_HEADER_LINE, HttpWorker
from config.serving.supervisor import Supervisor
from oidc_clients.services.keys import ensure_signing_key

WORKERS = 2
THREADS = 4


class Command(BaseCommand):
    help = "Start the service: check, migrate, collect static files, and serve until stopped."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        startup.prepare_data_dir()
        startup.require_key()
        startup.require_port()
        self.check()
        startup.require_pictures()
        startup.migrate()
        address.record()
        ensure_signing_key()
        startup.collect_static()
        startup.announce_oddities()
        link = None
        if needs_setup():
            open_window()
            link = setup_link()
        connections.close_all()
        # The processes started below needn't look up what this one knows.
        os.environ["APP_URL"] = settings.APP_URL
        sys.exit(self._run(link))

    def _run(self, link: str | None) -> int:
        def announce(server: subprocess.Popen[bytes]) -> None:
            if _wait_until_alive(server):
                lines = [f"Hearthkey is ready: {settings.APP_URL}"]
                if link is not None:
                    lines.append(f"Set it up now: {link}")
                # The empty lines keep these apart from the log, which goes to the same place.
                self.stdout.write("\n".join(["", *(f"  {line}" for line in lines), ""]))
                self.stdout.flush()

        supervisor = Supervisor(server=_gunicorn_command(), worker=_worker_command())
        return supervisor.run(announce=announce)


def _worker_command() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--supervised"]


def _gunicorn_command() -> list[str]:
    environment = settings.ENVIRONMENT
    host = f"[{environment.host}]" if ":" in environment.host else environment.host
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application"]
    options = {
        "bind": f"{host}:{environment.port}",
        "worker-class": f"{HttpWorker.__module__}.{HttpWorker.__qualname__}",
        "workers": str(WORKERS),
        "threads": str(THREADS),
        "chdir": str(settings.BASE_DIR),
        # No peer may set the scheme; config.requests.middleware takes it from APP_URL.
        "forwarded-allow-ips": "",
        "limit-request-line": "8190",
        "limit-request-field_size": str(MAX_HEADER_LINE),
        "graceful-timeout": "10",
        "log-level": "warning",
    }
    if Path("/dev/shm").is_dir():  # noqa: S108  # worker heartbeats only, nothing is read from there
        options["worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    for name, value in options.items():
        command += [f"--{name}", value]
    return [*command, "--preload", "--no-control-socket"]


def _wait_until_alive(child: subprocess.Popen[bytes], seconds: float = 30) -> bool:
    environment = settings.ENVIRONMENT
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.host, environment.host)  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{shown}:{environment.port}/healthz", timeout=2),
        ):
            return True
        time.sleep(0.05)
    return False
