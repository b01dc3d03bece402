from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...models import User
from ...services.setup import needs_setup, setup_link


class Command(BaseCommand):
    help = "Print the whole link of the first-run wizard."

    def handle(self, *args: Any, **options: Any) -> None:
        if User._meta.swapped:
            raise CommandError(f"There is no wizard beside the user model {settings.AUTH_USER_MODEL}.")
        link = setup_link()
        if not needs_setup():
            raise CommandError("This service is set up already. `login_code USERNAME` prints a way back in.")
        self.stdout.write(link)
