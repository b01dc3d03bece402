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
from ...services.logos import MAX_BYTES

MAX_SECRET_FILE = 4096


class Command(BaseCommand):
    help = "Register a client: an app that members sign in to through this service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The name that members see.")
        parser.add_argument(
            "--callback-url",
            metavar="URL",
            nargs="+",
            action="extend",
            required=True,
            help="A URL that members return to after signing in.",
        )
        _add_details(parser)
        _add_protocol_options(parser)
        parser.add_argument(
            "--group",
            metavar="GROUP",
            nargs="+",
            action="extend",
            default=[],
            help="Technical name of a group whose members can sign in.",
        )
        parser.add_argument("--unrestricted", action="store_true", help="Let every active member sign in.")
        parser.add_argument("--json", action="store_true", help="Print one line of JSON: client_id and client_secret.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            created = create_client(
                settings=_settings(options),
                actor=None,
                client_id=options["client_id"],
                secret=_secret(options["secret_file"]),
                logo=_logo(options["logo"]),
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
            self.stderr.write(
                "No one can sign in to this client yet. Allow a group or unrestrict it in the administration."
            )


def _add_details(parser: ArgumentParser) -> None:
    """Add what members see of the client."""
    parser.add_argument("--description", metavar="TEXT", default="", help="Shown to members next to the name.")
    parser.add_argument("--launch-url", metavar="URL", default="", help="The URL that opens the app.")
    parser.add_argument(
        "--logo", metavar="FILE", type=Path, help="A PNG, JPEG or WebP image, at most 2 MB and 4 megapixels."
    )


def _add_protocol_options(parser: ArgumentParser) -> None:
    """Add what the client's developer decides: identity, secret, keys, and which requests are accepted."""
    parser.add_argument(
        "--logout-callback-url",
        metavar="URL",
        nargs="+",
        action="extend",
        default=[],
        help="A URL that members may return to after signing out.",
    )
    parser.add_argument(
        "--backchannel-logout-url", metavar="URL", default="", help="The URL to notify when a member signs out."
    )
    parser.add_argument(
        "--on-my-network",
        action="store_true",
        help="Allow the client's own URLs to point to private addresses, and to use plain http there.",
    )
    parser.add_argument(
        "--jwks-file",
        metavar="FILE",
        type=Path,
        help="Public keys (a JWK set), for a client that signs with its own key instead of using a secret.",
    )
    parser.add_argument(
        "--require-par", action="store_true", help="Reject sign-ins that the client didn't push beforehand (PAR)."
    )
    parser.add_argument("--no-device", action="store_true", help="Reject sign-in on devices without a browser.")
    parser.add_argument(
        "--access-token",
        metavar="|".join(ACCESS_TOKEN_FORMATS),
        default=ACCESS_TOKEN_FORMATS[0],
        help="Format of access tokens. APIs can verify a signed one (jwt) themselves; it lasts 10 minutes. "
        "Default: %(default)s.",
    )
    parser.add_argument(
        "--client-id", metavar="ID", help="Letters, digits, dots, hyphens and underscores. Default: a UUID."
    )
    parser.add_argument(
        "--secret-file", metavar="FILE", type=Path, help="Read the secret from this file. Default: a random secret."
    )
    parser.add_argument("--public", action="store_true", help="The client can't keep a secret, such as a mobile app.")
    parser.add_argument(
        "--pkce", action="store_true", help="Reject sign-ins without PKCE. Public clients always require it."
    )


def _settings(options: Mapping[str, Any]) -> ClientSettings:
    jwks = _keys(options["jwks_file"])
    return ClientSettings(
        name=options["name"],
        description=options["description"],
        launch_url=options["launch_url"],
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
    """Read the secret and drop its final line break. On the command line it would show in the process list."""
    if path is None:
        return None
    try:
        text = _content(path, "secret", MAX_SECRET_FILE).decode("ascii")
    except UnicodeDecodeError as error:
        raise CommandError("The secret file must contain only ASCII letters, digits and punctuation.") from error
    return text.removesuffix("\n").removesuffix("\r")


def _keys(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        text = _content(path, "key", MAX_TEXT).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("The key file is not JSON.") from error
    return parse_key_set(text)


def _logo(path: Path | None) -> bytes | None:
    return None if path is None else _content(path, "logo", MAX_BYTES)


def _content(path: Path, kind: str, most: int) -> bytes:
    """Read the file up to one byte more than allowed, so that the caller can reject a longer one."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise CommandError(f"The {kind} file can't be read: {error.strerror}.") from error
