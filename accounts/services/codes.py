"""One-time links: the way back in for a member whose passkeys are out of reach."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import conf, signals
from ..exceptions import InvalidValue, LoginCodeInvalid, NotAllowed
from ..models import LoginCode
from . import policy
from .actors import actor_key

_TOKEN_BYTES = 24


@dataclass(frozen=True)
class NewCode:
    """A code as it is shown once: its link and when it ends."""

    link: str = field(repr=False)
    expires_at: datetime


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
            created_by=actor_key(actor) or "",
            expires_at=expires_at,
        )
        event = signals.LoginCodeCreated(
            user=str(user.pk),
            user_name=user.get_username(),
            expires_at=expires_at.isoformat(),
            actor=actor_key(actor),
        )
        signals.login_code_created.send(sender=None, event=event)
    return NewCode(link=f"{conf.base_url()}/lc/{token}", expires_at=expires_at)


def find_code_owner(*, token: str) -> Any | None:
    """Return whom a live code signs in, consuming nothing, or None."""
    code = LoginCode.objects.select_related("user").filter(token_digest=_digest(token)).first()
    return code.user if code is not None and _why_not(code) is None else None


def use_code(*, token: str) -> Any:
    """Consume a code and return whom it signs in. The first of many simultaneous attempts wins.

    :raises LoginCodeInvalid: it is unknown, used, too old, its member is disabled, or who made it may not make one for
        this member any more; then it is used up all the same.
    """
    with transaction.atomic():
        code = LoginCode.objects.select_related("user").filter(token_digest=_digest(token)).first()
        reason = "unknown_or_used" if code is None else _take(code)
        if code is not None and reason is None:
            signals.login_code_used.send(sender=None, event=signals.LoginCodeUsed(user=str(code.user_id)))
    if code is None or reason is not None:
        event = signals.LoginCodeRefused(reason=reason or "", user=str(code.user_id) if code else None)
        signals.login_code_refused.send(sender=None, event=event)
        raise LoginCodeInvalid
    return code.user


def _take(code: LoginCode) -> str | None:
    """Consume a code and return why it signs nobody in, or None. The row count of one DELETE decides a race."""
    taken, _rows = LoginCode.objects.filter(pk=code.pk).delete()
    return _why_not(code) if taken else "unknown_or_used"


def _why_not(code: LoginCode) -> str | None:
    """Return why a code signs nobody in, or None.

    Whether its maker may is asked again: a link made for a plain member, and kept, must not open the account of the
    superuser whom that member has become.
    """
    if code.expires_at <= timezone.now():
        return "expired"
    if not code.user.is_active:
        return "member_disabled"
    if code.created_by:
        maker = get_user_model()._default_manager.filter(pk=code.created_by).first()
        if maker is None or not policy.may_make_code(maker, code.user):
            return "maker_may_not"
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
