"""A sign-in that waits to be approved on another device: the side of the member who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from .. import signals
from ..models import SignInRequest
from .sign_in_requests import asker_of, tell_refused
from .sign_in_requests_codes import code_of, digest_of, read_code, shown_code

Status = SignInRequest.Status

#: Approvals of one member in :data:`_PERIOD`. Who is talked into more than these is being robbed.
MOST_APPROVALS: Final = 5
_PERIOD: Final = timedelta(hours=1)
#: A browser on a slow line must still be able to pick up what was approved at the last moment.
_TIME_TO_PICK_UP: Final = timedelta(minutes=1)
#: An assertion as old as this when the request arrived was made by somebody who is still there.
FRESH_BEFORE: Final = timedelta(seconds=60)

Answer = Literal["approved", "too_many", "too_late"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the member sees it who was shown it. ``key`` is what its pages are found by, ``code`` is as shown."""

    row: SignInRequest
    key: str
    code: str

    @property
    def is_waiting(self) -> bool:
        return self.row.status == Status.WAITING and self.row.expires_at > timezone.now()

    @property
    def earliest_assertion(self) -> datetime:
        """When a passkey must have been used at the earliest to approve this."""
        return self.row.created_at - FRESH_BEFORE


def claim_request(*, user: Any, typed: str) -> Asked | None:
    """Return the request that waits under the code that was typed, which is this member's from now on, or None.

    Who types a code that another member typed first hears nothing of it.
    """
    code = read_code(typed)
    if code is None:
        return None
    waiting = SignInRequest.objects.filter(
        code_digest=digest_of(code), claimed_by="", status=Status.WAITING, expires_at__gt=timezone.now()
    )
    waiting.update(claimed_by=str(user.pk))
    return find_asked(user=user, key=shown_code(code))


def find_asked(*, user: Any, key: str) -> Asked | None:
    """Return the request that ``key`` opens for this member, answered and expired ones too, or None.

    ``key`` is what stands in a scanned link, or a code that this member typed before.
    """
    code = read_code(key)
    if code is not None:
        row = SignInRequest.objects.filter(code_digest=digest_of(code), claimed_by=str(user.pk)).first()
    else:
        row = SignInRequest.objects.filter(link_digest=digest_of(key)).first()
        code = code_of(key)
    return None if row is None else Asked(row, key, shown_code(code))


def may_vouch(user: Any) -> bool:
    """Return whether *This device is mine* is for this member. An operator's next passkey needs one of theirs at hand:
    whoever talked them into one approval would otherwise keep their rights.
    """
    return not (user.is_superuser or user.is_staff)


def approve_request(
    *, asked: Asked, user: Any, is_mine: bool, is_once: bool, session: str = "", passkey: str = ""
) -> Answer:
    """Let the device sign in as this member, whose passkey the caller has just seen used.

    :param is_mine: the device may add one passkey; means nothing where :func:`may_vouch` says no.
    :param is_once: its session ends early.
    :param session: public id of the session that approves; if it ends first, so does the approval.
    :param passkey: the passkey that approves; removing it ends the session on the device.
    """
    with transaction.atomic():
        answer = _approve(asked.row, user, is_mine=is_mine, is_once=is_once, session=session, passkey=passkey)
    if answer == "too_many":
        tell_refused(asked.row, user=str(user.pk), reason=answer)
    return answer


def refuse_request(*, asked: Asked, user: Any) -> bool:
    """Tell the device no, or take one's own approval back that it did not pick up yet; return whether that could be."""
    with transaction.atomic():
        done = _waiting(asked.row).update(status=Status.REFUSED, answered_by=user)
        own = SignInRequest.objects.filter(pk=asked.row.pk, status=Status.APPROVED, answered_by=user)
        done = done or own.update(status=Status.REFUSED)
        if done:
            tell_refused(asked.row, user=str(user.pk), reason="by_member")
    return bool(done)


def _approve(row: SignInRequest, user: Any, **values: Any) -> Answer:
    now = timezone.now()
    # Held, so that of many approvals at once each counts those before it.
    held = get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if held is None or not _waiting(row).exists():
        return "too_late"
    if SignInRequest.objects.filter(answered_by=held, approved_at__gt=now - _PERIOD).count() >= MOST_APPROVALS:
        return "too_many"
    values["is_mine"] = values["is_mine"] and may_vouch(held)
    # Two tabs, or two members, can't both answer: the statement itself decides.
    done = _waiting(row).update(
        status=Status.APPROVED,
        answered_by=held,
        approved_at=now,
        expires_at=max(row.expires_at, now + _TIME_TO_PICK_UP),
        **values,
    )
    if not done:
        return "too_late"
    event = signals.DeviceSignInApproved(
        **{**asker_of(row), "user": str(held.pk)}, is_mine=values["is_mine"], is_once=values["is_once"]
    )
    signals.device_sign_in_approved.send(sender=None, event=event)
    return "approved"


def _waiting(row: SignInRequest) -> Any:
    return SignInRequest.objects.filter(pk=row.pk, status=Status.WAITING, expires_at__gt=timezone.now())
