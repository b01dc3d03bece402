"""Browsers without a device whose sessions are those of a passkey: where the ceremony itself is not the question."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.test import Client

from passkeys import conf
from passkeys.models import Passkey, digest


def passkey_of(user: Any) -> Passkey:
    """Return a passkey of ``user``, made where there is none."""
    found = Passkey.objects.filter(user_id=user.pk).first()
    if found is not None:
        return found
    credential_id = f"credential of {user.pk}".encode()
    return Passkey.objects.create(
        user_id=user.pk,
        name="My passkey",
        credential_id=credential_id,
        credential_id_sha256=digest(credential_id),
        public_key=b"",
        algorithm=-7,
        sign_count=0,
        user_verified_at_registration=True,
        backup_eligible=False,
        backed_up=False,
        aaguid="00000000-0000-0000-0000-000000000000",
        transports=[],
        attestation_format="none",
        rp_id=conf.rp_id(),
    )


def session_entry(user: Any, *, age: float = 0) -> dict[str, Any]:
    """Return what the session of somebody holds who used a passkey ``age`` seconds ago."""
    return {"method": "passkey", "at": time.time() - age, "passkey": str(passkey_of(user).pk)}


def begin_passkey_session(client: Client, user: Any, *, age: float = 0) -> None:
    """Sign ``user`` in as a passkey did ``age`` seconds ago."""
    client.force_login(user, backend="passkeys.backends.PasskeyBackend")
    session = client.session
    session["hearthkey_auth"] = session_entry(user, age=age)
    session.save()


@contextlib.contextmanager
def every_sign_in_is_by_passkey() -> Iterator[None]:
    """Let ``force_login`` of any browser begin the session of a passkey."""

    def enter(request: HttpRequest, user: Any, **kwargs: Any) -> None:
        request.session["hearthkey_auth"] = session_entry(user)

    user_logged_in.connect(enter)
    try:
        yield
    finally:
        user_logged_in.disconnect(enter)
