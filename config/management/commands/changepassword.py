from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

_ADVICE = "There are no passwords here. What helps: manage.py login_code USERNAME"


class Command(BaseCommand):
    help = "Not used here: there are no passwords. See login_code."

    def run_from_argv(self, argv: list[str]) -> None:
        # Whatever arguments were typed for Django's own command, the answer is this one.
        self.stderr.write(f"CommandError: {_ADVICE}")
        sys.exit(1)

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(_ADVICE)
