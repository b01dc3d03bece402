from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from ...adapters import get_selectable_groups
from ...exceptions import OidcClientsError
from ...models import Client
from ...protocol.client_keys import MAX_TEXT, parse_key_set
from ...protocol.client_rules import ACCESS_TOKEN_FORMATS
from ...services.clients import ClientSettings, CreatedClient, create_client

MAX_SECRET_FILE = 4096


class Command(BaseCommand):
    help = "Register a client: an app that signs people in through this service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="What people see on the consent page.")
        parser.add_argument(
            "--callback-url",
            metavar="URL",
            nargs="+",
            action="extend",
            required=True,
            help="Where people are sent back.",
        )
        parser.add_argument(
            "--logout-callback-url",
            metavar="URL",
            nargs="+",
            action="extend",
            default=[],
            help="Where people may be sent after they signed out.",
        )
        parser.add_argument(
            "--backchannel-logout-url", metavar="URL", default="", help="Where the client is told of a sign-out."
        )
        parser.add_argument(
            "--on-my-network",
            action="store_true",
            help="The client's own addresses may be private ones, and plain http there.",
        )
        parser.add_argument(
            "--jwks-file",
            metavar="FILE",
            type=Path,
            help="Public keys (a JWK set): the client signs with its own key and has no secret.",
        )
        parser.add_argument(
            "--require-par", action="store_true", help="Refuse sign-ins that were not pushed by the client before."
        )
        parser.add_argument("--no-device", action="store_true", help="Refuse sign-in on devices without a browser.")
        parser.add_argument(
            "--access-token",
            metavar="|".join(ACCESS_TOKEN_FORMATS),
            default=ACCESS_TOKEN_FORMATS[0],
            help="Its form. A signed one (jwt) can be read by APIs, and lives 10 minutes. Default: %(default)s.",
        )
        parser.add_argument(
            "--client-id", metavar="ID", help="Letters, digits, dots, hyphens, underscores. Default: a UUID."
        )
        parser.add_argument(
            "--secret-file", metavar="FILE", type=Path, help="Take the secret from this file. Default: a random one."
        )
        parser.add_argument(
            "--public", action="store_true", help="The client can't keep a secret, as an app on a phone."
        )
        parser.add_argument(
            "--pkce", action="store_true", help="Refuse sign-ins without PKCE. Public clients always need it."
        )
        parser.add_argument(
            "--group",
            metavar="GROUP",
            nargs="+",
            action="extend",
            default=[],
            help="Technical name of a group that gets in.",
        )
        parser.add_argument("--unrestricted", action="store_true", help="Every active member gets in.")
        parser.add_argument("--json", action="store_true", help="Print one line with client_id and client_secret.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = create_client(
                settings=_settings(options),
                actor=None,
                client_id=options["client_id"],
                secret=_secret(options["secret_file"]),
            )
        except OidcClientsError as error:
            raise CommandError(" ".join(str(error.message).split())) from error
        self._print(created, as_json=options["json"])

    def _print(self, created: CreatedClient, *, as_json: bool) -> None:
        client = created.client
        if as_json:
            self.stdout.write(json.dumps({"client_id": client.client_id, "client_secret": created.secret}))
            return
        self.stdout.write(f"Client ID: {client.client_id}")
        if created.secret is not None:
            self.stdout.write(f"Client secret (shown only now): {created.secret}")
        if client.is_restricted and not client.allowed_groups.exists():
            self.stderr.write("Nobody gets in yet: give it a group in the administration, or unrestrict it there.")


def _settings(options: Mapping[str, Any]) -> ClientSettings:
    jwks = _keys(options["jwks_file"])
    return ClientSettings(
        name=options["name"],
        redirect_uris=options["callback_url"],
        post_logout_redirect_uris=options["logout_callback_url"],
        backchannel_logout_uri=options["backchannel_logout_url"],
        is_on_own_network=options["on_my_network"],
        is_public=options["public"],
        pkce_required=options["pkce"],
        is_restricted=not options["unrestricted"],
        allowed_groups=_groups(options["group"]),
        authentication_method="" if jwks is None else Client.AuthenticationMethod.PRIVATE_KEY.value,
        jwks=jwks,
        requires_par=options["require_par"],
        allows_device_grant=not options["no_device"],
        access_token_format=options["access_token"],
    )


def _groups(names: list[str]) -> list[Group]:
    groups = {group.name: group for group in get_selectable_groups()().filter(name__in=names)}
    unknown = [name for name in dict.fromkeys(names) if name not in groups]
    if unknown:
        raise CommandError(f"There is no group with the technical name {', '.join(map(ascii, unknown))}.")
    return list(groups.values())


def _secret(path: Path | None) -> str | None:
    """The file's content without its last line break; a secret on the command line would show in the process list."""
    if path is None:
        return None
    try:
        text = _content(path, "secret", MAX_SECRET_FILE).decode("ascii")
    except UnicodeDecodeError as error:
        raise CommandError("The secret file holds other characters than letters, digits and punctuation.") from error
    return text.removesuffix("\n").removesuffix("\r")


def _keys(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        text = _content(path, "key", MAX_TEXT).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("The key file holds no JSON.") from error
    return parse_key_set(text)


def _content(path: Path, kind: str, most: int) -> bytes:
    """The beginning of the file: one byte more than allowed is enough to know that it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise CommandError(f"The {kind} file can't be read: {error.strerror}.") from error
