from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ...exceptions import AccountsError
from ...services.groups import create_group
from ...services.members import find_member


class Command(BaseCommand):
    help = "Create a group and print its technical name, which clients see and other commands take."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The name that administrators see.")
        parser.add_argument(
            "--technical-name", metavar="NAME", default="", help="Default: the name in lower case, such as book_club."
        )
        parser.add_argument(
            "--member",
            metavar="USERNAME",
            nargs="+",
            action="extend",
            default=[],
            help="Username or email address of a member to add.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                group = create_group(
                    friendly_name=options["name"],
                    name=options["technical_name"],
                    members=[find_member(member) for member in options["member"]],
                    actor=None,
                )
        except AccountsError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(group.name)
