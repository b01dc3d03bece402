"""Begin a ceremony, and take it exactly once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser
from django.db import connections, router, transaction
from django.utils import timezone

from .. import conf
from ..core.answer import Expected
from ..exceptions import CeremonyExpired
from ..models import Ceremony, digest

_CHALLENGE_BYTES: Final = 32
_PRUNED_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Begun:
    """``token`` finishes the ceremony; ``options`` go to the browser's native JSON parser."""

    token: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """A ceremony that nobody can take any more."""

    challenge: bytes
    user_id: Any
    algorithms: tuple[int, ...]
    user_verification: str

    def expected(self) -> Expected:
        """Return what the authenticator's answer must fit."""
        return Expected(
            challenge=self.challenge,
            rp_id=conf.rp_id(),
            origins=conf.origins(),
            user_verification=self.user_verification == "required",
        )


def new_challenge() -> bytes:
    """Return 32 bytes from the operating system's random source."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def begin_ceremony(
    *,
    kind: str,
    challenge: bytes,
    browser: str,
    user: AbstractBaseUser | None = None,
    algorithms: tuple[int, ...] = (),
) -> str:
    """Store a ceremony and return its token. ``browser`` is the value of this browser's own cookie."""
    prune_ceremonies()
    token = secrets.token_urlsafe(32)
    Ceremony.objects.create(
        token_digest=digest(token.encode()),
        kind=kind,
        challenge=challenge,
        user_id=user.pk if user is not None else None,
        browser_digest=digest(browser.encode()),
        algorithms=list(algorithms),
        user_verification=conf.user_verification(),
        expires_at=timezone.now() + conf.ceremony_ttl(),
    )
    return token


def take_ceremony(
    *, token: str, kind: str, browser: str, user: AbstractBaseUser | None = None, of_anybody: bool = False
) -> Taken:
    """Delete the ceremony and return it. Raises ``CeremonyExpired`` when it does not fit or somebody else was faster.

    ``of_anybody``: the ceremony itself says whose it is, and nobody needs to be signed in.

    The delete is committed before anything is verified, so a captured answer cannot be tried twice, not even at
    the same instant and not even when the first try is refused. A ceremony shown by another browser, for another
    kind or by another member is used up too: its token has leaked.
    """
    token_digest = digest(token.encode())
    ceremony = Ceremony.objects.filter(pk=token_digest).first()
    if ceremony is None:
        raise CeremonyExpired("no such ceremony")
    with transaction.atomic(using=router.db_for_write(Ceremony), durable=True):
        deleted, _ = Ceremony.objects.filter(pk=token_digest).delete()
    if deleted != 1:
        raise CeremonyExpired("another request took the ceremony")
    if ceremony.kind != kind:
        raise CeremonyExpired(f"begun as {ceremony.kind}, finished as {kind}")
    if not secrets.compare_digest(ceremony.browser_digest, digest(browser.encode())):
        raise CeremonyExpired("begun by another browser")
    if not of_anybody and ceremony.user_id != (user.pk if user is not None else None):
        raise CeremonyExpired("begun by another member")
    if ceremony.expires_at <= timezone.now():
        raise CeremonyExpired("too old")
    return Taken(
        challenge=bytes(ceremony.challenge),
        user_id=ceremony.user_id,
        algorithms=tuple(ceremony.algorithms),
        user_verification=ceremony.user_verification,
    )


def prune_ceremonies() -> int:
    """Delete some of the ceremonies that nobody finished in time, and return how many."""
    expired = Ceremony.objects.expired(timezone.now())
    if not expired.exists():
        return 0
    alias = router.db_for_write(Ceremony)
    with transaction.atomic(using=alias):
        if connections[alias].features.has_select_for_update_skip_locked:
            expired = expired.select_for_update(skip_locked=True)
        tokens = list(expired.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
        deleted, _ = Ceremony.objects.filter(pk__in=tokens).delete()
    return deleted
