"""What ends when somebody is given rights, or is disabled: every way in that their owner may not be the one to hold."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from .codes import withdraw_codes
from .sessions import end_sessions
from .sign_in_requests import withdraw_approvals


def end_weak_ways_in(*, user: Any, actor: Any | None) -> None:
    """End a member's sessions that no passkey has confirmed, and withdraw their outstanding one-time codes and approvals.

    Called in the transaction that gives them rights. Whoever once made a link for a plain member may have opened it
    and kept the session; without this they would hold whatever the member is given later.
    """
    with transaction.atomic():
        end_sessions(user=user, reason="rights_given", only_unconfirmed=True, actor=actor)
        withdraw_ways_in(user=user, reason="rights_given", actor=actor)


def withdraw_ways_in(*, user: Any, reason: str, actor: Any | None) -> None:
    """Let outstanding one-time codes and approvals open nothing any more."""
    withdraw_codes(user=user, reason=reason, actor=actor)
    withdraw_approvals(user=user, reason=reason)
