from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...exceptions import AccountsError
from ...services.codes import create_code
from ...services.members import find_member


class Command(BaseCommand):
    help = "Print a link that signs a member in once, within the hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="User name or e-mail address, in any letter case.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = create_code(user=find_member(options["username"]), actor=None)
        except AccountsError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(code.link)
