"""Whether somebody signs in from where they did before: browser, system and place together, without any version."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..adapters import Origin
from ..addresses import nearby, read_address
from ..devices import describe
from ..models import SeenOrigin

#: What was not used for so long is new again.
KEPT: Final = timedelta(days=365)
#: How old a note may be before it is written anew.
_FRESH: Final = timedelta(days=1)
_EVER: Final = ""


def is_new_origin(*, subject_id: str, origin: Origin) -> bool:
    """Note where ``subject_id`` signs in from, in the caller's transaction; return whether it is new for them.

    The very first is not. Of sign-ins at the same time with the same new origin exactly one is told that it is new: the
    constraint decides, and who comes second waits for the first to commit or to be undone.
    """
    now, digest = timezone.now(), _digest(subject_id, origin)
    known = SeenOrigin.objects.filter(subject_id=subject_id, digest=digest)
    seen_at = known.values_list("seen_at", flat=True).first()
    if seen_at is not None:
        if now - seen_at > _FRESH:
            SeenOrigin.objects.filter(subject_id=subject_id, digest__in=(digest, _EVER)).update(seen_at=now)
        return False
    is_first = _note(subject_id, _EVER, now)
    return _note(subject_id, digest, now) and not is_first


def forget_origins(*, subject_id: str) -> None:
    """Forget somebody who is no member any more."""
    SeenOrigin.objects.filter(subject_id=subject_id).delete()


def remove_expired(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` notes that are too old, and return how many they were."""
    keys = list(SeenOrigin.objects.filter(seen_at__lt=now - KEPT).values_list("pk", flat=True)[:limit])
    return SeenOrigin.objects.filter(pk__in=keys).delete()[0] if keys else 0


def _note(subject_id: str, digest: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            SeenOrigin.objects.create(subject_id=subject_id, digest=digest, seen_at=now)
    except IntegrityError:
        return False
    return True


def _digest(subject_id: str, origin: Origin) -> str:
    address = read_address(origin.ip_address)
    near = (nearby(address) or "") if address is not None else ""
    parts = (subject_id, describe(origin.user_agent), near, origin.country, origin.city)
    return salted_hmac("hearthkey.audit.origins", "\0".join(parts), algorithm="sha256").hexdigest()
