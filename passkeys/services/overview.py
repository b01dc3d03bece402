"""What a member sees of their passkeys."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext as _

from .. import conf
from ..models import Passkey


@dataclass(frozen=True)
class PasskeyCard:
    """``icon`` is a ``data:`` URI or empty; ``badge_class`` names the stylesheet's classes."""

    id: uuid.UUID
    name: str
    provider: str
    icon: str
    created_at: datetime
    last_used_at: datetime | None
    badge: str
    badge_class: str
    is_synced: bool
    is_of_former_domain: bool
    counter_regressed: bool
    can_be_removed: bool


def list_passkeys(*, user: AbstractBaseUser | AnonymousUser) -> tuple[PasskeyCard, ...]:
    """Return the member's passkeys, the one used last first."""
    passkeys = list(Passkey.objects.for_user(user.pk))
    rp_id = conf.rp_id()
    usable = sum(passkey.rp_id == rp_id for passkey in passkeys)
    return tuple(_card(passkey, rp_id, usable) for passkey in passkeys)


def _card(passkey: Passkey, rp_id: str, usable: int) -> PasskeyCard:
    provider = passkey.provider
    is_former = passkey.rp_id != rp_id
    badge, badge_class = _badge(passkey)
    return PasskeyCard(
        id=passkey.pk,
        name=passkey.name,
        provider=provider.name if provider and provider.name != passkey.name else "",
        icon=provider.icon if provider else "",
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
        badge=badge,
        badge_class=badge_class,
        is_synced=passkey.backed_up,
        is_of_former_domain=is_former,
        counter_regressed=passkey.counter_regressed_at is not None,
        can_be_removed=usable - (0 if is_former else 1) >= 1,
    )


def _badge(passkey: Passkey) -> tuple[str, str]:
    if not passkey.backup_eligible:
        return _("this device only"), "badge"
    if passkey.backed_up:
        return _("synced"), "badge good"
    return _("can sync, not backed up yet"), "badge warn"
