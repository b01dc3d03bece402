from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ...exceptions import AccountsError
from ...services.codes import create_code
from ...services.groups import group_by_name
from ...services.members import NewMember, create_member


class Command(BaseCommand):
    help = "Create a member and print a link with which they sign in once and add their passkey."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument("--verified", action="store_true", help="Vouch for the address.")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--group", action="append", default=[], help="Technical name; may be given several times.")
        parser.add_argument("--superuser", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        new = NewMember(
            username=options["username"],
            email=options["email"],
            email_verified=options["verified"],
            first_name=options["first_name"],
            last_name=options["last_name"],
            display_name=options["display_name"],
            is_superuser=options["superuser"],
        )
        try:
            with transaction.atomic():
                groups = [group_by_name(name) for name in options["group"]]
                user = create_member(new=new, actor=None, groups=groups)
                code = create_code(user=user, actor=None)
        except AccountsError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(code.link)
