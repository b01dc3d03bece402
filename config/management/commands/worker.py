from __future__ import annotations

import os
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.jobs.worker import Worker


class Command(BaseCommand):
    help = "Run background jobs until stopped. `serve` starts this by itself; several at once are safe."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--supervised", action="store_true", help="End when the process that started this one ends."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parent = os.getppid()
        worker = Worker(may_go_on=lambda: not options["supervised"] or os.getppid() == parent)

        def stop(_number: int, _frame: object) -> None:
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
        sys.exit(worker.run())
