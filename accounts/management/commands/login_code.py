from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...exceptions import AccountsError
from ...services.codes import LIFETIMES, create_code
from ...services.members import find_member


class Command(BaseCommand):
    help = "Print a link that signs a member in once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="User name or e-mail address, in any letter case.")
        parser.add_argument(
            "--lifetime", choices=tuple(LIFETIMES), default="", help="How long it works; an hour unless said otherwise."
        )
        parser.add_argument("--code", action="store_true", help="Print the code to type below the link.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = create_code(
                user=find_member(options["username"]), actor=None, lifetime=LIFETIMES.get(options["lifetime"])
            )
        except AccountsError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(made.link)
        if options["code"]:
            self.stdout.write(made.code)
