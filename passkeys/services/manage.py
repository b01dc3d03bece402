"""Rename and remove passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from webauthn.helpers import bytes_to_base64url

from .. import adapters, conf
from ..core.session_entry import SessionEntry
from ..exceptions import BadRequest, LastAdministrator, LastPasskey, NoSuchPasskey, NotAllowed, StepUpRequired
from ..models import Passkey, RemovedCredential
from ..signals import PasskeyRemoved, PasskeyRenamed, passkey_removed, passkey_renamed
from .handles import ensure_handle, lock_passkeys_of
from .names import MAX_LENGTH
from .register import has_stepped_up


@dataclass(frozen=True)
class Removed:
    """``user_handle`` and ``accepted_ids`` (base64url) are what the browser's *all accepted credentials* signal takes."""

    name: str
    provider: str
    user_handle: str
    accepted_ids: tuple[str, ...]


def find_passkey(*, user: AbstractBaseUser, passkey_id: Any) -> Passkey:
    """Return the member's passkey. Raises ``NoSuchPasskey``, for those of others too."""
    found = Passkey.objects.filter(user_id=user.pk, pk=passkey_id).first()
    if found is None:
        raise NoSuchPasskey(f"{passkey_id} is not a passkey of this member")
    return found


def rename_passkey(*, user: AbstractBaseUser, passkey_id: Any, name: str) -> Passkey:
    """Give the passkey another name of 1 to 64 characters. Raises ``NoSuchPasskey``, ``BadRequest``."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_LENGTH or not name.isprintable():
        raise BadRequest("a name has 1 to 64 printable characters")
    with transaction.atomic():
        passkey = find_passkey(user=user, passkey_id=passkey_id)
        old_name, passkey.name = passkey.name, name
        if name == old_name:
            return passkey
        if not Passkey.objects.filter(pk=passkey.pk).update(name=name):
            raise NoSuchPasskey("removed meanwhile")
        event = PasskeyRenamed(user=str(user.pk), passkey=str(passkey.pk), old_name=old_name, new_name=name)
        passkey_renamed.send(sender=Passkey, event=event)
    return passkey


def remove_own_passkey(*, user: AbstractBaseUser, entry: SessionEntry | None, passkey_id: Any) -> Removed:
    """Remove one of the member's passkeys, unless it is the last that can sign them in.

    Whoever calls has asked for freshness by ``STEP_UP_WINDOW``; that some passkey was used lately is made sure of here.
    Raises ``NoSuchPasskey``, ``StepUpRequired``, ``LastPasskey``.
    """
    with transaction.atomic():
        lock_passkeys_of(user)
        passkey = find_passkey(user=user, passkey_id=passkey_id)
        if not has_stepped_up(user=user, entry=entry, max_age=conf.confirmation_lasts()):
            raise StepUpRequired("no assertion in this session lately")
        if not others_of(passkey).exists():
            raise LastPasskey("the member would have no passkey left")
        _delete(passkey, actor=None)
    left = [bytes(other.credential_id) for other in Passkey.objects.usable().filter(user_id=user.pk)]
    return Removed(
        name=passkey.name,
        provider=passkey.provider.name if passkey.provider else "",
        user_handle=bytes_to_base64url(ensure_handle(user)),
        accepted_ids=tuple(bytes_to_base64url(credential_id) for credential_id in left),
    )


def remove_passkey_of_member(*, actor: AbstractBaseUser, passkey: Passkey) -> None:
    """Remove a member's passkey for an operator, even the last one: a stolen key must die at once.

    Raises ``NotAllowed`` when the adapter ``MAY_MANAGE`` says no, ``LastAdministrator`` when ``MAY_REMOVE_LAST``
    does, ``NoSuchPasskey`` when somebody was faster.
    """
    with transaction.atomic():
        lock_passkeys_of(passkey.user, and_of_superusers=True)
        found = Passkey.objects.select_related("user").filter(pk=passkey.pk).first()
        if found is None:
            raise NoSuchPasskey("removed meanwhile")
        if actor.pk == found.user_id:
            # On their account page a step-up is asked for, and the last one stays.
            raise NotAllowed("an operator's own passkeys are removed on the account page")
        if not adapters.ask_may_manage()(actor, found.user):
            raise NotAllowed("the adapter MAY_MANAGE refused")
        if not others_of(found).exists() and not adapters.ask_may_remove_last()(found.user):
            raise LastAdministrator("the adapter MAY_REMOVE_LAST refused")
        _delete(found, actor=actor)


def remove_all_passkeys(*, user: AbstractBaseUser) -> int:
    """Remove every passkey of a member whose devices are lost, and return how many there were.

    For the machine's own administrator, at the command line: who stands there can make a one-time code for anybody,
    so the last administrator's passkeys may go too. Nobody else could ever take a lost one out of their account.
    """
    with transaction.atomic():
        lock_passkeys_of(user, and_of_superusers=True)
        found = list(Passkey.objects.filter(user_id=user.pk).order_by("created_at"))
        for passkey in found:
            _delete(passkey, actor=None)
    return len(found)


def others_of(passkey: Passkey) -> QuerySet[Passkey]:
    """Return the owner's other passkeys that sign them in."""
    return Passkey.objects.usable().filter(user_id=passkey.user_id).exclude(pk=passkey.pk)


def _delete(passkey: Passkey, actor: AbstractBaseUser | None) -> None:
    deleted, _ = Passkey.objects.filter(pk=passkey.pk).delete()
    if not deleted:
        raise NoSuchPasskey("removed meanwhile")
    RemovedCredential.objects.update_or_create(pk=passkey.credential_id_sha256, defaults={"removed_at": timezone.now()})
    event = PasskeyRemoved(
        user=str(passkey.user_id),
        passkey=str(passkey.pk),
        name=passkey.name,
        left=others_of(passkey).count(),
        actor=str(actor.pk) if actor is not None else None,
    )
    passkey_removed.send(sender=Passkey, event=event)
