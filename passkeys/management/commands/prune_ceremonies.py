"""Delete the ceremonies that nobody finished in time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ...services.ceremonies import prune_ceremonies


class Command(BaseCommand):
    help = "Delete the ceremonies that nobody finished in time. New ceremonies do the same, a few at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while deleted := prune_ceremonies():
            total += deleted
        self.stdout.write(f"{total} ceremonies deleted")
