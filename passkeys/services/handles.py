"""User handles: made once for each member, and locked by whoever changes the member's passkeys."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, transaction

from ..models import UserHandle

_HANDLE_BYTES: Final = 64


def ensure_handle(user: AbstractBaseUser) -> bytes:
    """Return the member's handle, made of 64 random bytes at first."""
    found = UserHandle.objects.filter(user_id=user.pk).first()
    if found is None:
        try:
            with transaction.atomic():
                found = UserHandle.objects.create(user_id=user.pk, handle=secrets.token_bytes(_HANDLE_BYTES))
        except IntegrityError:
            found = UserHandle.objects.get(user_id=user.pk)
    return bytes(found.handle)


def find_handle(user_id: Any) -> bytes:
    """Return the member's handle, or ``b""``, which no authenticator can tell."""
    found = UserHandle.objects.filter(user_id=user_id).first()
    return bytes(found.handle) if found else b""


def lock_passkeys_of(user: AbstractBaseUser, *, and_of_superusers: bool = False) -> None:
    """Let no other transaction change these members' passkeys until this one ends.

    An UPDATE that changes nothing takes the row's lock on PostgreSQL and, as the first statement of a transaction,
    the writer's lock on SQLite, where ``SELECT ... FOR UPDATE`` does nothing at all.
    """
    rows = models.Q(user_id=user.pk)
    if and_of_superusers and any(field.name == "is_superuser" for field in type(user)._meta.get_fields()):
        rows |= models.Q(user__is_superuser=True)
    UserHandle.objects.filter(rows).update(handle=models.F("handle"))
