"""Changing the signing key with overlap: published before its first use, and until its last token has expired.

Each step is one transaction that a constraint or a conditional update decides, so any number of processes may take it at
once; and each leaves exactly one active key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from .. import conf
from ..exceptions import SigningKeyUnknown
from ..models import AccessToken, SigningKey
from ..signals import (
    SigningKeyActivated,
    SigningKeyDropped,
    SigningKeyRetired,
    signing_key_activated,
    signing_key_dropped,
    signing_key_retired,
)
from .keys import add_signing_key, ensure_signing_key, forget_key_state

State = SigningKey.State
_IN_FLIGHT: Final = timedelta(milliseconds=250)


class Step(Enum):
    """What a call of :func:`rotate` did."""

    PUBLISHED = "published"
    ACTIVATED = "activated"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Rotation:
    """One step of a rotation: ``kid`` is the new key, ``at`` when it takes over, or took over."""

    step: Step
    kid: str
    at: datetime


def rotate(*, at_once: bool = False) -> Rotation:
    """Take the rotation one step on: publish the next key, or let a key that was published long enough take over.

    ``at_once`` waits only until every process of this service publishes the new key, at most ``KEY_STATE_LIFETIME``.
    """
    ensure_signing_key()
    remove_expired_keys()
    following = SigningKey.objects.filter(state=State.NEXT).first()
    step = Step.WAITING
    if following is None:
        following, step = add_signing_key(state=State.NEXT), Step.PUBLISHED
    if at_once:
        _sleep_until(following.created_at + _noticed_after())
    ready_at = following.created_at + (_noticed_after() if at_once else conf.key_published_ahead())
    if ready_at > timezone.now():
        return Rotation(step, following.kid, ready_at)
    activate(following)
    return Rotation(Step.ACTIVATED, following.kid, timezone.now())


def rotate_when_due() -> Rotation | None:
    """The step that is due, if one is: the next key is made so early that it takes over when the period is over."""
    remove_expired_keys()
    active = ensure_signing_key()
    if SigningKey.objects.filter(state=State.NEXT).exists():
        return rotate()
    period = conf.key_rotation_period()
    used_since = active.activated_at or active.created_at
    is_due = period > timedelta(0) and used_since + period - conf.key_published_ahead() <= timezone.now()
    return rotate() if is_due else None


def activate(following: SigningKey) -> None:
    """Let a published key take over from the active one. A second process that tries the same changes nothing."""
    now = timezone.now()
    with transaction.atomic():
        held = list(SigningKey.objects.select_for_update().order_by("pk"))
        if not any(key.pk == following.pk and key.state == State.NEXT for key in held):
            return
        for active in held:
            if active.state == State.ACTIVE:
                SigningKey.objects.filter(pk=active.pk).update(state=State.RETIRED, retired_at=now)
                _tell_retired(active)
        SigningKey.objects.filter(pk=following.pk).update(state=State.ACTIVE, activated_at=now)
        _tell_activated(following)
    forget_key_state()


def drop_key(*, kid: str) -> SigningKey:
    """Publish a key no more and let it sign nothing, whatever depends on it; return the key that signs now.

    Other processes notice within ``KEY_STATE_LIFETIME``; :func:`wait_until_noticed` waits for them. Raises
    SigningKeyUnknown.
    """
    with transaction.atomic():
        held = list(SigningKey.objects.select_for_update().order_by("pk"))
        dropped = next((key for key in held if key.kid == kid), None)
        if dropped is None:
            raise SigningKeyUnknown(f"There is no signing key {kid}.")
        dropped.delete()
        _tell_dropped(dropped, is_expired=False)
        active = next((key for key in held if key.state == State.ACTIVE), None)
        if active is None or active.kid == kid:
            active = _successor(next((key for key in held if key.state == State.NEXT), None))
    forget_key_state()
    return active


def _successor(following: SigningKey | None) -> SigningKey:
    if following is None:
        return add_signing_key(state=State.ACTIVE)
    SigningKey.objects.filter(pk=following.pk).update(state=State.ACTIVE, activated_at=timezone.now())
    _tell_activated(following)
    return following


def remove_expired_keys() -> int:
    """Publish keys no more whose last token has expired; return how many there were."""
    now = timezone.now()
    retired = SigningKey.objects.filter(state=State.RETIRED, retired_at__lte=now - kept_after_use())
    removed = 0
    for key in retired:
        if _signed_until(key) > now:
            continue
        with transaction.atomic():
            if SigningKey.objects.filter(pk=key.pk).delete()[0]:
                _tell_dropped(key, is_expired=True)
                removed += 1
    if removed:
        forget_key_state()
    return removed


def kept_after_use() -> timedelta:
    """How long a retired key stays published at least: while an ID token lives, and until everybody noticed."""
    return max(conf.id_token_lifetime(), conf.access_token_lifetime()) + conf.metadata_cache() + _noticed_after()


def kept_until() -> datetime:
    """When the key that was retired last is published no more, at the earliest."""
    key = SigningKey.objects.filter(state=State.RETIRED).order_by("retired_at").last()
    if key is None or key.retired_at is None:
        return timezone.now()
    return max(key.retired_at + kept_after_use(), _signed_until(key))


def _signed_until(key: SigningKey) -> datetime:
    """When the last access token from the key's time expires. The rows say it: a client's lifetime may be another by now."""
    began, ended = key.activated_at or key.created_at, (key.retired_at or timezone.now()) + _noticed_after()
    tokens = AccessToken.objects.filter(created__gte=began, created__lte=ended)
    last: datetime | None = tokens.aggregate(last=Max("expires"))["last"]
    return ended if last is None else last + conf.metadata_cache()


def wait_until_noticed() -> None:
    """Wait until every process has read the keys' state anew, and what it was signing then is done."""
    time.sleep(_noticed_after().total_seconds())


def _noticed_after() -> timedelta:
    return conf.key_state_lifetime() + _IN_FLIGHT


def _sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds()))


def _tell_activated(key: SigningKey) -> None:
    event = SigningKeyActivated(kid=key.kid, algorithm=key.algorithm)
    signing_key_activated.send(sender=SigningKey, event=event)


def _tell_retired(key: SigningKey) -> None:
    signing_key_retired.send(sender=SigningKey, event=SigningKeyRetired(kid=key.kid, algorithm=key.algorithm))


def _tell_dropped(key: SigningKey, *, is_expired: bool) -> None:
    event = SigningKeyDropped(kid=key.kid, algorithm=key.algorithm, is_expired=is_expired)
    signing_key_dropped.send(sender=SigningKey, event=event)
