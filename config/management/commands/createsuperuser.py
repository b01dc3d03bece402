from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Not used here: there are no passwords. See create_member --superuser."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("There are no passwords here. What helps: manage.py create_member USERNAME --superuser")
