"""A code that a member asks for by mail.

Whoever types an address learns nothing of it, not even by a clock: the request is written down as it came, and whether
the address is a member's is looked up later, by the worker.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from .. import adapters, conf, signals
from ..exceptions import NoMail
from ..models import CodeRequest, LoginCode, User
from . import code_digests, policy
from .codes import can_be_mailed, make_code

LIFETIME: Final = timedelta(minutes=15)
#: Codes of one member that may be on their way at once: strangers fill no mailbox, and get few codes to guess at.
MAX_LIVE: Final = 3


def is_offered() -> bool:
    """Return whether members may ask for codes here."""
    return conf.codes_by_mail() and adapters.ask_mail_is_on()()


def request_code(*, address: str, browser: str, from_address: str | None, user_agent: str) -> None:
    """Write down that somebody wants a code mailed to ``address``; the same for every address.

    :param browser: the secret that the asking browser keeps; the code will work there only.
    """
    with transaction.atomic():
        request = CodeRequest.objects.create(
            address=address[:254],
            browser_digest=code_digests.browser_digest(browser),
            from_address=(from_address or "")[:64],
            user_agent=user_agent[:512],
        )
        adapters.enqueue("answer_code_request", str(request.pk))


def answer_request(*, request_id: str) -> None:
    """Mail the code to the member whose verified address it is, if there is one who may have it."""
    with transaction.atomic():
        request = CodeRequest.objects.filter(pk=request_id).first()
        if request is None or not CodeRequest.objects.filter(pk=request_id).delete()[0]:
            return
        left = request.created_at + LIFETIME - timezone.now()
        member = _whom(request.address)
        if member is None or left <= timedelta(0):
            return
        with suppress(NoMail), transaction.atomic():
            _mail(request, member, left)


def _mail(request: CodeRequest, member: Any, left: timedelta) -> None:
    """Make the code and mail it.

    :raises NoMail: no mail is sent here after all; what was made is to be undone.
    """
    made = make_code(
        user=member,
        how=LoginCode.How.REQUESTED,
        lifetime=left,
        sent_to=member.email,
        browser=request.browser_digest,
    )
    variables = {
        "link": made.link,
        "code": made.code,
        "expires_at": made.expires_at.isoformat(),
        "address": request.from_address,
        "user_agent": request.user_agent,
    }
    if not adapters.ask_send_mail()("login_code_requested", user=member, to=member.email, variables=variables):
        raise NoMail
    event = signals.LoginCodeSent(
        user=str(member.pk),
        how=LoginCode.How.REQUESTED.value,
        to=member.email,
        from_address=request.from_address or None,
        user_agent=request.user_agent or None,
    )
    signals.login_code_sent.send(sender=None, event=event)


def _whom(address: str) -> Any | None:
    """Return who may have a code: an enabled member who is no operator, at their own verified address."""
    if not is_offered():
        return None
    # Held, or the jobs of two workers would count the same codes and each make one.
    members = User.objects.select_for_update(no_key=True)
    member = members.filter(email__iexact=address, email_verified=True, is_active=True).first()
    if member is None or not policy.may_mail_code(None, member) or not can_be_mailed(member):
        return None
    live = LoginCode.objects.filter(user=member, how=LoginCode.How.REQUESTED, expires_at__gt=timezone.now())
    return member if live.count() < MAX_LIVE else None
