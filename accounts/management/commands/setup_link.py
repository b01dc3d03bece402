from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...services.setup import needs_setup, setup_link


class Command(BaseCommand):
    help = "Print the whole link of the first-run wizard."

    def handle(self, *args: Any, **options: Any) -> None:
        link = setup_link()
        if not needs_setup():
            raise CommandError("This service is set up already. `login_code USERNAME` prints a way back in.")
        self.stdout.write(link)
