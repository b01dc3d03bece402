"""The first run: one administrator, once."""

from __future__ import annotations

import hmac

from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import conf, signals
from ..exceptions import SetupCompleted, SetupTokenRequired
from ..models import Setup, SetupWindow, User
from .members import NewMember, create_member

_completed = False


def is_completed() -> bool:
    """Return whether set-up is over for ever."""
    return Setup.objects.exists()


def needs_setup() -> bool:
    """Return whether there is neither a completed set-up nor a member. Once it is over, no statement is spent on it.

    A site with a user model of its own has its own way to a first administrator.
    """
    global _completed
    if User._meta.swapped:
        return False
    if not _completed:
        _completed = is_completed() or User.objects.exists()
    return not _completed


def open_window() -> None:
    """Remember that the service was started now: the wizard is open without a token for a while."""
    SetupWindow.objects.update_or_create(id=1, defaults={"opened_at": timezone.now()})


def setup_link() -> str:
    """Return the whole address of the wizard, token included."""
    # The token first: without an encryption key there is no database to ask for the address either.
    token = conf.setup_token()
    return f"{conf.base_url()}/setup?token={token}"


def window_is_over() -> bool:
    """Return whether the wizard asks for the token now and did not at the start."""
    return not conf.setup_token_is_fixed() and SetupWindow.objects.exists()


def requires_token() -> bool:
    """Return whether the wizard asks for the token at this moment.

    A site that never calls :func:`open_window`, for it has another way of starting, is asked for it from the first.
    """
    if conf.setup_token_is_fixed():
        return True
    if conf.setup_open():
        return False
    opened_at = SetupWindow.objects.values_list("opened_at", flat=True).first()
    return opened_at is None or timezone.now() >= opened_at + conf.setup_window()


def check_token(token: str) -> None:
    """Make sure that whoever asks may set up.

    :raises SetupTokenRequired: a token is asked for and this is not it.
    """
    if not requires_token():
        return
    expected = conf.setup_token()
    if not expected or not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
        if token:
            signals.setup_refused.send(sender=None, event=signals.SetupRefused(reason="wrong_token"))
        raise SetupTokenRequired


def complete_setup(*, new: NewMember, token: str) -> User:
    """Return the first administrator. Of many simultaneous calls exactly one succeeds.

    :raises SetupCompleted: it was done before, or another call was first.
    :raises SetupTokenRequired: a token is asked for and this is not it.
    :raises InvalidValue: a value breaks a rule.
    """
    if not needs_setup():
        raise SetupCompleted
    check_token(token)
    with transaction.atomic():
        user = _claim(new)
        signals.setup_completed.send(
            sender=None, event=signals.SetupCompleted(user=str(user.pk), user_name=user.username)
        )
    return user


def _claim(new: NewMember) -> User:
    """Write the singleton before the member: its primary key decides who is first."""
    try:
        with transaction.atomic():
            row = Setup.objects.create(id=1, administrator_id="")
    except IntegrityError as error:
        raise SetupCompleted from error
    user = create_member(new=new, actor=None)
    Setup.objects.filter(pk=row.pk).update(administrator_id=str(user.pk))
    return user
