"""One-time links: the way back in for a member whose passkeys are out of reach."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import conf, signals
from ..exceptions import InvalidValue, LoginCodeInvalid, NotAllowed
from ..models import LoginCode
from . import policy

_TOKEN_BYTES = 24


@dataclass(frozen=True)
class NewCode:
    """A code as it is shown once: its link and when it ends."""

    link: str
    expires_at: Any


def create_code(*, user: Any, actor: Any | None) -> NewCode:
    """Return a link that signs ``user`` in once.

    :raises NotAllowed: the actor reaches above themselves; an operator's code is made by superusers and commands only.
    :raises InvalidValue: the member is disabled.
    """
    if not policy.may_make_code(actor, user):
        raise NotAllowed
    if not user.is_active:
        raise InvalidValue("username", _("This member is disabled."))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = timezone.now() + conf.login_code_lifetime()
    with transaction.atomic():
        LoginCode.objects.create(
            user=user,
            token_digest=_digest(token),
            created_by=str(actor.pk) if actor is not None else "",
            expires_at=expires_at,
        )
        event = signals.LoginCodeCreated(
            user=str(user.pk),
            user_name=user.get_username(),
            expires_at=expires_at.isoformat(),
            actor=str(actor.pk) if actor is not None else None,
        )
        signals.login_code_created.send(sender=None, event=event)
    return NewCode(link=f"{conf.base_url()}/lc/{token}", expires_at=expires_at)


def find_code_owner(*, token: str) -> Any | None:
    """Return whom a live code signs in, consuming nothing, or None."""
    code = LoginCode.objects.select_related("user").filter(token_digest=_digest(token)).first()
    if code is None or code.expires_at <= timezone.now() or not code.user.is_active:
        return None
    return code.user


def use_code(*, token: str) -> Any:
    """Consume a code and return whom it signs in. The first of many simultaneous attempts wins.

    :raises LoginCodeInvalid: it is unknown, used, too old, or its member is disabled; then it is used up all the same.
    """
    digest = _digest(token)
    code = LoginCode.objects.filter(token_digest=digest).first()
    # The row count of one DELETE decides the race; it commits whatever comes after.
    taken = LoginCode.objects.filter(token_digest=digest).delete()[0] if code is not None else 0
    reason = None
    user = None
    if code is None or not taken:
        reason = "unknown_or_used"
    else:
        user = get_user_model()._default_manager.filter(pk=code.user_id).first()
        if code.expires_at <= timezone.now():
            reason = "expired"
        elif user is None or not user.is_active:
            reason = "member_disabled"
    if reason is not None or user is None:
        event = signals.LoginCodeRefused(reason=reason or "", user=str(code.user_id) if code else None)
        signals.login_code_refused.send(sender=None, event=event)
        raise LoginCodeInvalid
    signals.login_code_used.send(sender=None, event=signals.LoginCodeUsed(user=str(user.pk)))
    return user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
