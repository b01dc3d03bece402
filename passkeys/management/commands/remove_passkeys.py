"""Remove all passkeys of a member whose devices are lost."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from ...services.manage import remove_all_passkeys


class Command(BaseCommand):
    help = (
        "Remove all passkeys of a member whose devices are lost or stolen, and end their sessions. "
        "They then need a one-time code to come in and add a new passkey."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="User name, as the member's page shows it.")

    def handle(self, *args: Any, **options: Any) -> None:
        model, name = get_user_model(), options["username"]
        try:
            user = model._default_manager.get_by_natural_key(name)
        except model.DoesNotExist as error:
            raise CommandError(f"There is no member {name!r}.") from error
        count = remove_all_passkeys(user=user)
        self.stdout.write(ngettext("%d passkey removed", "%d passkeys removed", count) % count)
