"""One-time codes that operators make: the way back in for a member whose passkeys are out of reach."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import adapters, conf, signals
from ..exceptions import InvalidValue, NoMail, NotAllowed
from ..models import LoginCode
from . import code_digests, policy
from .actors import actor_key
from .code_use import MAX_WRONG

#: What operators may choose from.
LIFETIMES: Final = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "12h": timedelta(hours=12),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}


@dataclass(frozen=True)
class NewCode:
    """A code as it is shown once: its link, the characters to type, and when both end."""

    link: str = field(repr=False)
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class LiveCode:
    """A code that still signs its member in, as operators see it."""

    id: uuid.UUID
    how: str
    maker: str
    created_at: datetime
    expires_at: datetime


def create_code(*, user: Any, actor: Any | None, lifetime: timedelta | None = None) -> NewCode:
    """Return a code that signs ``user`` in once, to be shown. By default it lives ``LOGIN_CODE_LIFETIME``.

    :raises NotAllowed: the actor reaches above themselves; an operator's code is made by superusers and commands only.
    :raises InvalidValue: the member is disabled.
    """
    if not policy.may_make_code(actor, user):
        raise NotAllowed
    how = LoginCode.How.COMMAND if actor is None else LoginCode.How.SHOWN
    with transaction.atomic():
        return make_code(user=user, how=how, lifetime=lifetime or conf.login_code_lifetime(), actor=actor)


def mail_code(*, user: Any, actor: Any | None, lifetime: timedelta | None = None) -> datetime:
    """Mail a code to ``user`` and return when it ends.

    :raises NotAllowed: the actor reaches above themselves, or the member is an operator: they get none by mail.
    :raises InvalidValue: the member is disabled.
    :raises NoMail: no mail is sent here, or the member has no address.
    """
    if not policy.may_mail_code(actor, user):
        raise NotAllowed
    if not can_be_mailed(user):
        raise NoMail
    with transaction.atomic():
        made = make_code(
            user=user,
            how=LoginCode.How.MAILED,
            lifetime=lifetime or conf.login_code_lifetime(),
            actor=actor,
            sent_to=user.email,
        )
        variables = {"link": made.link, "code": made.code, "expires_at": made.expires_at.isoformat()}
        if not adapters.ask_send_mail()("login_code", user=user, to=user.email, variables=variables):
            raise NoMail
        event = signals.LoginCodeSent(
            user=str(user.pk), how=LoginCode.How.MAILED.value, to=user.email, actor=actor_key(actor)
        )
        signals.login_code_sent.send(sender=None, event=event)
    return made.expires_at


def can_be_mailed(user: Any) -> bool:
    """Return whether a mail to this member could be sent at all."""
    return bool(getattr(user, "email", "")) and adapters.ask_mail_is_on()()


def list_codes(*, user: Any) -> list[LiveCode]:
    """Return the member's codes that still sign them in, the newest first."""
    live = LoginCode.objects.filter(user=user, expires_at__gt=timezone.now(), wrong_entries__lt=MAX_WRONG)
    rows = list(live.order_by("-created_at"))
    makers = get_user_model()._default_manager.in_bulk({row.created_by for row in rows if row.created_by})
    names = {str(key): maker.get_username() for key, maker in makers.items()}
    return [
        LiveCode(
            id=row.pk,
            how=row.get_how_display(),
            maker=names.get(row.created_by, ""),
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def withdraw_code(*, user: Any, code_id: uuid.UUID, actor: Any | None) -> bool:
    """Let one code of the member's open nothing any more; return whether it still could.

    :raises NotAllowed: the actor reaches above themselves.
    """
    policy.require_touch(actor, user)
    return withdraw_codes(user=user, reason="withdrawn", actor=actor, code_id=code_id) > 0


def withdraw_codes(*, user: Any, reason: str, actor: Any | None, code_id: uuid.UUID | None = None) -> int:
    """Let all codes of the member's, or this one, open nothing any more; return how many they were."""
    with transaction.atomic():
        rows = LoginCode.objects.filter(user=user)
        count, _details = (rows if code_id is None else rows.filter(pk=code_id)).delete()
        if count:
            event = signals.LoginCodesWithdrawn(user=str(user.pk), reason=reason, count=count, actor=actor_key(actor))
            signals.login_codes_withdrawn.send(sender=None, event=event)
    return count


def make_code(
    *, user: Any, how: str, lifetime: timedelta, actor: Any | None = None, sent_to: str = "", browser: str = ""
) -> NewCode:
    """Write a code in the caller's transaction and return it. Whether it may be made is the caller's to know.

    :param browser: digest of the secret of the only browser that may use it; then the code is short.
    :raises InvalidValue: the member is disabled.
    """
    if not user.is_active:
        raise InvalidValue("username", _("This member is disabled."))
    token = code_digests.new_token()
    code = code_digests.new_code(code_digests.SHORT if browser else code_digests.LONG)
    expires_at = timezone.now() + lifetime
    LoginCode.objects.create(
        user=user,
        how=how,
        token_digest=code_digests.token_digest(token),
        code_digest=code_digests.code_digest(code, browser),
        browser_digest=browser,
        created_by=actor_key(actor) or "",
        sent_to=sent_to,
        expires_at=expires_at,
    )
    event = signals.LoginCodeCreated(
        user=str(user.pk),
        user_name=user.get_username(),
        expires_at=expires_at.isoformat(),
        how=str(how),
        actor=actor_key(actor),
    )
    signals.login_code_created.send(sender=None, event=event)
    link = f"{conf.base_url()}/lc/{token}"
    return NewCode(link=link, code=code_digests.as_shown(code), expires_at=expires_at)
