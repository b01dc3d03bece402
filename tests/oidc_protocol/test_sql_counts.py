"""What the hot paths cost: statements of a warm process, through the project's own middleware and adapters."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from oidc_clients.models import ClientSession, Grant
from passkeys.models import Passkey
from tests import settings as project
from tests.support.oidc_protocol.factories import (
    HOST,
    ISSUER,
    answer_of,
    ask,
    consent_to,
    make_client,
    make_member,
    signed_in,
)
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _project(_provider: None, settings: Any) -> None:
    """The project as it is deployed, where the other tests of this folder take the provider by itself."""
    for name in (
        *("ROOT_URLCONF", "MIDDLEWARE", "AUTHENTICATION_BACKENDS", "LOGIN_URL", "SESSION_ENGINE"),
        *("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"),
        *(name for name in vars(project) if name.startswith("HEARTHKEY_OIDC_CLIENTS_")),
    ):
        setattr(settings, name, getattr(project, name))
    settings.ALLOWED_HOSTS = [HOST]
    settings.HEARTHKEY_OIDC_CLIENTS_ISSUER = ISSUER


def make_passkey(member: Any) -> Passkey:
    return Passkey.objects.create(
        user=member,
        name="Phone",
        credential_id=b"an id",
        credential_id_sha256="0" * 64,
        public_key=b"a key",
        algorithm=-7,
        aaguid=uuid.UUID(int=0),
        rp_id=HOST,
        backup_eligible=True,
        backed_up=True,
    )


def test_counting_leaves_out_transactions_and_last_seen() -> None:
    with counted_sql() as statements:
        make_member()
        list(Grant.objects.all())
        Grant.objects.update(used_at=None)
        Grant.objects.all().delete()
    assert [statement.split()[0] for statement in statements][:3] == ["INSERT", "SELECT", "UPDATE"]


def test_authorizing_a_signed_in_and_consented_member_takes_few_statements() -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    consent_to(member, client)
    found = signed_in(member)
    session = found.session
    session["hearthkey_auth"] = {**session["hearthkey_auth"], "passkey": str(make_passkey(member).pk)}
    session.save()
    assert answer_of(ask(found, client))["code"]
    with counted_sql() as statements:
        response = ask(found, client)
    assert answer_of(response)["code"]
    # PostgreSQL needs one more to keep the client and the member from being deleted.
    assert len(statements) <= 9 + (connection.vendor == "postgresql"), "\n".join(statements)
    assert Grant.objects.count() == 2
    assert ClientSession.objects.count() == 1
