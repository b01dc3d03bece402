"""A sign-in that waits to be approved on another device: the side that waits.

What a browser keeps is ``secret``; whoever holds it picks the approval up, once. The answering side is in
``sign_in_requests_answers``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from .. import conf, signals
from ..models import Session, SignInRequest
from .sign_in_requests_codes import code_of, digest_of, link_of, new_secret, successor_of

Status = SignInRequest.Status

#: Those that can still become a session.
LIVE: Final = (Status.WAITING, Status.APPROVED)
#: Secrets that are tried one after the other: the used-up one, its successor, and what a taken code costs.
_ATTEMPTS: Final = 5
_LONGEST_SECRET: Final = 128


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a browser may show and how far its request is. ``seconds`` are left; ``secret`` is for the browser alone."""

    secret: str = field(repr=False)
    status: SignInRequest.Status
    seconds: int

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def link(self) -> str:
        return link_of(self.secret)

    @property
    def code(self) -> str:
        return code_of(self.link)


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Whom a browser is signed in as, and how."""

    user: Any
    is_mine: bool
    is_once: bool
    passkey: str


def find_request(*, secret: str) -> Waiting | None:
    """Return the request of the browser that keeps ``secret``, or None."""
    row = _row_of(secret)
    if row is None:
        return None
    status = Status.EXPIRED if row.status in LIVE and row.expires_at <= timezone.now() else Status(row.status)
    return Waiting(secret, status, max(0, int((row.expires_at - timezone.now()).total_seconds())))


def start_request(*, secret: str, address: str | None, user_agent: str) -> Waiting:
    """Return the one live request of this browser: the one it has, or a new one.

    :param secret: what the browser keeps; a used-up one is followed by its successor, an empty one by any.
    :raises RuntimeError: five codes in a row were taken, which needs billions of rows.
    """
    secret = secret or new_secret()
    for attempt in range(_ATTEMPTS):
        found = find_request(secret=secret)
        if found is not None and found.is_live:
            return found
        if found is None and _insert(secret, address=address, user_agent=user_agent):
            return Waiting(secret, Status.WAITING, int(conf.sign_in_request_lifetime().total_seconds()))
        # Another tab was faster with this very secret: then its request is this browser's.
        found = find_request(secret=secret)
        if found is None or not found.is_live:
            secret = successor_of(secret) if attempt == 0 else new_secret()
    raise RuntimeError("no free sign-in code")


def cancel_request(*, secret: str) -> bool:
    """Let nobody approve it any more; return whether somebody still could."""
    live = SignInRequest.objects.filter(browser_digest=digest_of(secret), status__in=LIVE)
    return bool(live.update(status=Status.CANCELLED))


def pick_up(*, secret: str) -> PickedUp | None:
    """Use an approval up and return whom it signs in, or None where there is none. The first of many wins.

    It is used up even if it signs nobody in: its member was disabled, or the session that approved it has ended.
    """
    with transaction.atomic():
        approved = SignInRequest.objects.filter(
            browser_digest=digest_of(secret), status=Status.APPROVED, expires_at__gt=timezone.now()
        )
        # The member is loaded first: what ends their sessions after this moment must end the one that is coming, too.
        row = approved.select_related("answered_by").first()
        if row is None or not approved.filter(pk=row.pk).update(status=Status.USED):
            return None
        row.status = Status.USED
        reason = _why_not(row)
        if reason:
            SignInRequest.objects.filter(pk=row.pk).update(status=Status.REFUSED)
        else:
            used = signals.DeviceSignInUsed(**asker_of(row), is_mine=row.is_mine, is_once=row.is_once)
            signals.device_sign_in_used.send(sender=None, event=used)
    if reason:
        tell_refused(row, user=str(row.answered_by_id), reason=reason)
        return None
    return PickedUp(row.answered_by, row.is_mine, row.is_once, row.passkey)


def withdraw_approvals(*, user: Any, reason: str) -> None:
    """Let what a member approved, and nobody picked up yet, sign nobody in."""
    for row in SignInRequest.objects.filter(answered_by=user, status=Status.APPROVED):
        if SignInRequest.objects.filter(pk=row.pk, status=Status.APPROVED).update(status=Status.REFUSED):
            tell_refused(row, user=str(user.pk), reason=reason)


def close_all() -> None:
    """End every request that waits: signing in on other devices was switched off."""
    SignInRequest.objects.filter(status__in=LIVE).update(status=Status.CANCELLED)


def expire(*, limit: int) -> int:
    """Mark up to ``limit`` requests whose time ran out, and tell of those that a member knew; return how many."""
    late = SignInRequest.objects.filter(status__in=LIVE, expires_at__lte=timezone.now())
    count = 0
    for row in late[:limit]:
        count += _expire(row)
    return count


def over(*, before: Any) -> QuerySet[SignInRequest]:
    """Return those that ended so long ago that no page speaks of them and no limit counts them."""
    return SignInRequest.objects.filter(expires_at__lte=before).exclude(status__in=LIVE)


def asker_of(row: SignInRequest) -> dict[str, str]:
    """Return what events say of a request: whose answer it was, and where the device is."""
    user = str(row.answered_by_id) if row.answered_by_id else row.claimed_by
    return {"user": user, "device_address": row.address, "device_agent": row.user_agent}


def tell_refused(row: SignInRequest, *, user: str, reason: str) -> None:
    event = signals.DeviceSignInRefused(**{**asker_of(row), "user": user}, reason=reason)
    signals.device_sign_in_refused.send(sender=None, event=event)


def _expire(row: SignInRequest) -> int:
    with transaction.atomic():
        done = SignInRequest.objects.filter(pk=row.pk, status=row.status).update(status=Status.EXPIRED)
        # What no member ever saw is no member's business, and a stranger must not fill the trail with it.
        if done and asker_of(row)["user"]:
            event = signals.DeviceSignInExpired(**asker_of(row), was_approved=row.status == Status.APPROVED)
            signals.device_sign_in_expired.send(sender=None, event=event)
    return done


def _row_of(secret: str) -> SignInRequest | None:
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    row = SignInRequest.objects.filter(browser_digest=digest_of(secret)).first()
    if row is not None and row.status in LIVE and row.expires_at <= timezone.now():
        _expire(row)
    return row


def _insert(secret: str, *, address: str | None, user_agent: str) -> bool:
    link = link_of(secret)
    row = SignInRequest(
        browser_digest=digest_of(secret),
        link_digest=digest_of(link),
        code_digest=digest_of(code_of(link)),
        address=address or "",
        user_agent="".join(character for character in user_agent if character.isprintable())[:500],
        expires_at=timezone.now() + conf.sign_in_request_lifetime(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _why_not(row: SignInRequest) -> str | None:
    """Return why an approval signs nobody in, or None. It stands as long as the member and the session that gave it."""
    if row.answered_by is None or not row.answered_by.is_active:
        return "member_disabled"
    if row.session and not Session.objects.filter(pk=row.session, expires_at__gt=timezone.now()).exists():
        return "session_ended"
    return None
