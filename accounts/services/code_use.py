"""Using a one-time code: looking at it, and consuming it exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from .. import conf, signals
from ..exceptions import CodesPaused, LoginCodeInvalid, OtherBrowser, WrongCode
from ..models import LoginCode
from . import code_digests, code_guard, policy

#: Wrong entries after which a browser's own codes are worth nothing. 5 of 30^6 are 7 in a thousand million.
#: They stay until they expire, and count among those on their way: who burns them gets no others to guess at.
MAX_WRONG: Final = 5
_ADDRESS_CHANGED: Final = "address_changed"


@dataclass(frozen=True)
class UsedCode:
    """Whom a code signed in. ``source`` is ``operator``, or ``mail`` where the member asked for it themselves."""

    user: Any
    source: str


@dataclass(frozen=True)
class _Outcome:
    """``reason`` is why nobody is signed in, or empty."""

    code: LoginCode | None = None
    reason: str = ""
    news: int = 0


def find_code_owner(*, token: str, browser: str = "") -> Any | None:
    """Return whom a live link signs in, consuming nothing, or None.

    :raises OtherBrowser: it is bound to another browser than the one that keeps the secret ``browser``.
    """
    code = _by_token(token)
    if code is None or _why_not(code):
        return None
    if not _is_browser_of(code, browser):
        raise OtherBrowser
    return code.user


def use_code(*, token: str, browser: str = "") -> UsedCode:
    """Consume a link and return whom it signs in. The first of many simultaneous attempts wins.

    :raises LoginCodeInvalid: it is unknown, used, too old, its member is disabled, or who made it may not make one for
        this member any more; then it is used up all the same.
    :raises OtherBrowser: it is bound to another browser; then it is not used up.
    """
    with transaction.atomic():
        code = _by_token(token)
        if code is not None and not _is_browser_of(code, browser):
            outcome = _Outcome(code, "other_browser")
        else:
            outcome = _consume(code)
    if outcome.reason == "other_browser":
        _tell_refusal(outcome)
        raise OtherBrowser
    return _result(outcome, LoginCodeInvalid())


def enter_code(*, typed: str, browser: str = "") -> UsedCode:
    """Consume a code that somebody typed, and return whom it signs in.

    :param browser: the secret that the browser keeps, or ``""``; it alone may use the codes that were asked for in it.
    :raises WrongCode: as :func:`use_code`; and the wrong entry is counted.
    :raises CodesPaused: a hundred wrong ones were typed within the hour, and codes that are bound to no browser pause.
    """
    entered, keeper = code_digests.as_kept(typed), code_digests.browser_digest(browser)
    if keeper and len(entered) == code_digests.SHORT:
        with transaction.atomic():
            outcome = _enter_bound(entered, keeper)
    else:
        with transaction.atomic():
            paused = code_guard.hold()
            outcome = _Outcome(reason="paused") if paused else _enter_unbound(entered)
        if paused:
            raise CodesPaused(paused)
    if outcome.news:
        signals.login_codes_paused.send(sender=None, event=signals.LoginCodesPaused(wrong=outcome.news))
    return _result(outcome, WrongCode())


def _enter_bound(entered: str, keeper: str) -> _Outcome:
    # Held while they are compared, or the guesses of one instant would each see but the wrong entries before it.
    held = _codes().select_for_update(of=("self",)).filter(browser_digest=keeper).order_by("pk")
    found = {code.code_digest: code for code in held}.get(code_digests.code_digest(entered, keeper))
    if found is not None:
        return _consume(found)
    # This browser's codes get one wrong entry more: 6 characters bear few guesses.
    mine = LoginCode.objects.filter(browser_digest=keeper, wrong_entries__lt=MAX_WRONG)
    mine.update(wrong_entries=models.F("wrong_entries") + 1)
    return _Outcome(reason="unknown_or_used")


def _enter_unbound(entered: str) -> _Outcome:
    found = None
    if len(entered) == code_digests.LONG:
        found = _codes().filter(code_digest=code_digests.code_digest(entered), browser_digest="").first()
    outcome = _consume(found)
    if not outcome.reason:
        return outcome
    counted = code_guard.count_wrong()
    return _Outcome(outcome.code, outcome.reason, counted.wrong if counted.is_news else 0)


def _consume(code: LoginCode | None) -> _Outcome:
    """Consume a code and tell that it was used. The row count of one DELETE decides a race."""
    if code is None or not LoginCode.objects.filter(pk=code.pk).delete()[0]:
        return _Outcome(code, "unknown_or_used")
    reason = _why_not(code)
    if not reason:
        maker = _maker_of(code)
        event = signals.LoginCodeUsed(
            user=str(code.user_id),
            how=code.how,
            maker=code.created_by or None,
            maker_name=maker.get_username() if maker is not None else None,
        )
        signals.login_code_used.send(sender=None, event=event)
    return _Outcome(code, reason)


def _result(outcome: _Outcome, refusal: Exception) -> UsedCode:
    if outcome.code is None or outcome.reason:
        _tell_refusal(outcome)
        raise refusal
    is_requested = outcome.code.how == LoginCode.How.REQUESTED
    return UsedCode(user=outcome.code.user, source="mail" if is_requested else "operator")


def _tell_refusal(outcome: _Outcome) -> None:
    subject = str(outcome.code.user_id) if outcome.code is not None else None
    event = signals.LoginCodeRefused(reason=outcome.reason, user=subject)
    signals.login_code_refused.send(sender=None, event=event)


def _why_not(code: LoginCode) -> str:
    """Return why a code signs nobody in, or an empty text.

    Whether it may be is asked again: a link made for a plain member, and kept, must not open the account of the
    superuser whom that member has become; nor a mail in a mailbox that is theirs no longer.
    """
    if code.expires_at <= timezone.now():
        return "expired"
    if code.wrong_entries >= MAX_WRONG:
        return "too_many_wrong"
    if not code.user.is_active:
        return "member_disabled"
    if code.how == LoginCode.How.REQUESTED:
        return _why_not_requested(code)
    if code.sent_to and not _is_same_address(code):
        return _ADDRESS_CHANGED
    if code.created_by:
        may = policy.may_mail_code if code.how == LoginCode.How.MAILED else policy.may_make_code
        maker = _maker_of(code)
        if maker is None or not may(maker, code.user):
            return "maker_may_not"
    return ""


def _why_not_requested(code: LoginCode) -> str:
    if not conf.codes_by_mail():
        return "switched_off"
    if not policy.may_mail_code(None, code.user):
        return "operator"
    return "" if _is_same_address(code) else _ADDRESS_CHANGED


def _is_same_address(code: LoginCode) -> bool:
    return str(getattr(code.user, "email", "")).casefold() == code.sent_to.casefold()


def _maker_of(code: LoginCode) -> Any | None:
    return get_user_model()._default_manager.filter(pk=code.created_by).first() if code.created_by else None


def _is_browser_of(code: LoginCode, browser: str) -> bool:
    return not code.browser_digest or code.browser_digest == code_digests.browser_digest(browser)


def _by_token(token: str) -> LoginCode | None:
    return _codes().filter(token_digest=code_digests.token_digest(token)).first()


def _codes() -> models.QuerySet[LoginCode]:
    return LoginCode.objects.select_related("user")
