"""Proving that an address is a member's own: by a link that was mailed to it.

The link signs nobody in, so it may be opened on any device. Whoever opens it proves that they read mail at the
address; that they meant *this* member is why a page names the member and asks before anything happens.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from .. import adapters, conf, signals
from ..exceptions import InvalidValue, VerificationInvalid
from ..models import EmailVerification, User
from .row_locks import hold_member

_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Claim:
    """An address that waits for its proof, and the member who says it is theirs."""

    user: User
    address: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    reason: str
    user: str | None = None


def may_be_verified(user: User) -> bool:
    """Return whether a link can be sent to this member's address, and is of any use."""
    return bool(user.is_active and user.email and not user.email_verified and adapters.ask_mail_is_on()())


def send_verification(*, user: User) -> bool:
    """Mail a new link to the member's address, in place of any before. Return whether one was sent.

    Nothing is sent where there is no address, where it is verified already, to a disabled member or one who was deleted
    meanwhile, or without mail.
    """
    with transaction.atomic():
        try:
            held = hold_member(user)
        except InvalidValue:
            return False
        if not may_be_verified(held):
            return False
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), timezone.now()
        values = {
            "address": held.email,
            "token_digest": _digest(token),
            "created_at": now,
            "expires_at": now + conf.email_verification_lifetime(),
        }
        EmailVerification.objects.update_or_create(user_id=held.pk, defaults=values)
        link = f"{conf.base_url()}/verify-email/{token}"
        if not adapters.ask_send_mail()("verify_email", user=held, to=held.email, variables={"link": link}):
            EmailVerification.objects.filter(user_id=held.pk).delete()
            return False
        event = signals.EmailVerificationSent(user=str(held.pk), user_name=held.username, address=held.email)
        signals.email_verification_sent.send(sender=None, event=event)
    return True


def find_claim(*, token: str) -> Claim | None:
    """Return what the link would prove, without proving it; None when it proves nothing any more."""
    row = EmailVerification.objects.select_related("user").filter(token_digest=_digest(token)).first()
    if row is None or _fault(row, row.user, timezone.now()):
        return None
    return Claim(row.user, row.address)


def verify_email(*, token: str) -> Claim:
    """Verify the address that the link was mailed to. Of many simultaneous calls exactly one succeeds.

    :raises VerificationInvalid: the link is unknown, used or too old, or the address is not the member's any more.
    """
    with transaction.atomic():
        done = _take(token)
    if isinstance(done, _Refusal):
        event = signals.EmailVerificationRefused(reason=done.reason, user=done.user)
        signals.email_verification_refused.send(sender=None, event=event)
        raise VerificationInvalid
    return done


def _take(token: str) -> Claim | _Refusal:
    """Use the link up, whatever comes of it."""
    row = EmailVerification.objects.filter(token_digest=_digest(token)).select_related("user").first()
    if row is None:
        return _Refusal("link_unknown")
    try:
        user = hold_member(row.user)
    except InvalidValue:
        return _Refusal("link_unknown")
    taken, _rows = EmailVerification.objects.filter(pk=row.pk, token_digest=row.token_digest).delete()
    if not taken:
        return _Refusal("link_unknown")
    if fault := _fault(row, user, timezone.now()):
        return _Refusal(fault, str(user.pk))
    user.email_verified, user.verified_email = True, user.email
    user.save(update_fields=["email_verified", "verified_email", "updated_at"])
    event = signals.EmailVerified(user=str(user.pk), user_name=user.username, address=user.email)
    signals.email_verified.send(sender=None, event=event)
    return Claim(user, user.email)


def _fault(row: EmailVerification, user: User, now: datetime) -> str:
    if now >= row.expires_at:
        return "link_expired"
    if not user.is_active:
        return "member_disabled"
    return "" if row.address == user.email else "address_changed"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
