"""Members' profile pictures: their own, or their initials. The database holds them, so every replica has them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import conf, signals
from ..exceptions import EditingIsOff, NotAllowed
from ..models import ProfilePicture, User
from . import policy
from .actors import actor_key
from .initials import draw_initials
from .row_locks import hold_member
from .uploads import rewrite_picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of 300 by 300 pixels; ``etag`` is quoted (RFC 9110 §8.8.3)."""

    data: bytes = field(repr=False)
    etag: str


def picture_of(user: Any) -> Picture:
    """Return the member's own picture, or their initials."""
    own = ProfilePicture.objects.filter(user_id=user.pk).first()
    if own is not None:
        return Picture(bytes(own.data), f'"{own.etag}"')
    name = user.get_display_name() if hasattr(user, "get_display_name") else user.get_full_name() or user.get_username()
    data, digest = draw_initials(name, str(user.pk))
    return Picture(data, f'"{digest}"')


def has_own_picture(user: Any) -> bool:
    """Return whether this member has a picture of their own."""
    return ProfilePicture.objects.filter(user_id=user.pk).exists()


def change_picture(*, user: User, upload: bytes) -> None:
    """Give oneself a picture.

    :raises EditingIsOff: the operator keeps members' details.
    :raises PictureRefused: it is no picture, damaged, or too large.
    :raises NotAllowed: the member was disabled meanwhile.
    """
    if not conf.own_editing():
        raise EditingIsOff
    data = rewrite_picture(upload)
    values = {"data": data, "etag": hashlib.sha256(data).hexdigest()[:32], "updated_at": timezone.now()}
    with transaction.atomic():
        held = hold_member(user)
        if not held.is_active:
            raise NotAllowed
        ProfilePicture.objects.update_or_create(user_id=held.pk, defaults=values)
        held.save(update_fields=["updated_at"])
        event = signals.PictureChanged(user=str(held.pk), user_name=held.username, actor=str(held.pk))
        signals.picture_changed.send(sender=None, event=event)


def remove_own_picture(*, user: User) -> None:
    """Go back to one's initials.

    :raises EditingIsOff: the operator keeps members' details.
    :raises NotAllowed: the member was disabled meanwhile.
    """
    if not conf.own_editing():
        raise EditingIsOff
    with transaction.atomic():
        held = hold_member(user)
        if not held.is_active:
            raise NotAllowed
        _remove(held, actor=held)


def remove_picture(*, member: User, actor: User | None) -> None:
    """Take a member's picture away, by an operator.

    :raises NotAllowed: the actor reaches above themselves.
    """
    with transaction.atomic():
        held = hold_member(member)
        policy.require_touch(actor, held)
        _remove(held, actor=actor)


def _remove(held: User, *, actor: User | None) -> None:
    removed, _rows = ProfilePicture.objects.filter(user_id=held.pk).delete()
    if not removed:
        return
    held.save(update_fields=["updated_at"])
    event = signals.PictureRemoved(user=str(held.pk), user_name=held.username, actor=actor_key(actor))
    signals.picture_removed.send(sender=None, event=event)
