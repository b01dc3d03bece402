"""Links by which newcomers make their own account: made, looked at, used and revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import conf, signals
from ..exceptions import (
    InvalidValue,
    InvitationExpired,
    InvitationMakerMayNot,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsedUp,
    NotAllowed,
    SignUpClosed,
    SignUpRefused,
)
from ..models import Invitation, InvitationUse, User
from . import policy
from .actors import actor_key
from .identifiers import clean_text
from .row_locks import hold_groups

#: How long a link may work.
LIFETIMES: Final = (
    timedelta(hours=1),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=30),
)
DEFAULT_LIFETIME: Final = timedelta(days=1)
MOST_USES: Final = 100
_LONGEST_NOTE = 200
_TOKEN_BYTES = 24

_STATES: Final[dict[str, type[SignUpRefused]]] = {
    Invitation.State.REVOKED: InvitationRevoked,
    Invitation.State.USED_UP: InvitationUsedUp,
    Invitation.State.EXPIRED: InvitationExpired,
}


@dataclass(frozen=True)
class NewInvitation:
    """A sign-up link as it is shown once."""

    invitation: Invitation
    link: str = field(repr=False)


@dataclass(frozen=True)
class Maker:
    """Who made a sign-up link, and whether they still may."""

    member: Any
    may_invite: bool


def create_invitation(
    *,
    lifetime: timedelta,
    max_uses: int,
    actor: User | None,
    groups: Iterable[Group] = (),
    note: str = "",
    works_while_off: bool = False,
) -> NewInvitation:
    """Return a new sign-up link. Whoever comes by it joins ``groups``; without any, the default ones.

    :raises NotAllowed: the actor may make no links, or one of the groups is a role: roles are given to people one
        knows, never to whoever holds a link.
    :raises InvalidValue: a value breaks a rule.
    """
    if not policy.may_invite(actor):
        raise NotAllowed(_("You don't have permission to create sign-up links."))
    if lifetime not in LIFETIMES:
        raise InvalidValue("lifetime", _("Choose one of the lifetimes."))
    if not 1 <= max_uses <= MOST_USES:
        raise InvalidValue("max_uses", _("Enter a number from 1 to %(most)d.") % {"most": MOST_USES})
    cleaned = clean_text(note, field="note", longest=_LONGEST_NOTE)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        held = hold_groups(groups)
        if any(policy.is_role(group) for group in held):
            raise NotAllowed(_("A sign-up link can't grant roles."))
        invitation = Invitation.objects.create(
            token_digest=_digest(token),
            note=cleaned,
            max_uses=max_uses,
            works_while_off=works_while_off,
            created_by=actor_key(actor) or "",
            expires_at=timezone.now() + lifetime,
        )
        invitation.groups.set(held)
        event = signals.InvitationCreated(
            invitation=str(invitation.pk),
            note=invitation.note,
            groups=tuple(group.name for group in held),
            max_uses=invitation.max_uses,
            works_while_off=invitation.works_while_off,
            expires_at=invitation.expires_at.isoformat(),
            actor=actor_key(actor),
        )
        signals.invitation_created.send(sender=None, event=event)
    return NewInvitation(invitation, link=f"{conf.base_url()}/st/{token}")


def may_revoke(*, invitation: Invitation, actor: User | None) -> bool:
    """Return whether ``actor`` may revoke the link: who made it, as long as they may make links, and who looks after all."""
    is_own = actor is not None and invitation.created_by == actor_key(actor) and policy.may_invite(actor)
    return is_own or policy.may_revoke_invitation(actor)


def revoke_invitation(*, invitation: Invitation, actor: User | None) -> bool:
    """Make a link useless. Return whether it was not revoked before.

    :raises NotAllowed: the actor neither made it nor may revoke others' links.
    """
    if not may_revoke(invitation=invitation, actor=actor):
        raise NotAllowed(_("You don't have permission to revoke this sign-up link."))
    with transaction.atomic():
        rows = Invitation.objects.filter(pk=invitation.pk, revoked_at=None)
        if not rows.update(revoked_at=timezone.now()):
            return False
        # Read after the update: who was making an account is counted, or was refused.
        invitation.refresh_from_db()
        event = signals.InvitationRevoked(
            invitation=str(invitation.pk), note=invitation.note, uses=invitation.uses, actor=actor_key(actor)
        )
        signals.invitation_revoked.send(sender=None, event=event)
    return True


def find_invitation(*, token: str) -> Invitation:
    """Return the link that makes an account at this moment, using nothing up.

    :raises SignUpRefused: it does not; the error says why.
    """
    invitation = Invitation.objects.filter(token_digest=_digest(token)).first()
    if invitation is None:
        raise InvitationUnknown
    refusal = _why_not(invitation, timezone.now())
    if refusal is not None:
        raise refusal
    return invitation


def count_use(*, invitation: Invitation) -> None:
    """Count one account, in the transaction that makes it: one that is not made is not counted.

    The row count of one conditional UPDATE decides who of many is the last; whoever else comes waits for the row until
    this transaction ends.

    :raises SignUpRefused: somebody else was faster, or the link ended meanwhile.
    """
    now = timezone.now()
    rows = Invitation.objects.filter(
        pk=invitation.pk, uses__lt=F("max_uses"), revoked_at=None, expires_at__gt=now
    ).update(uses=F("uses") + 1)
    if not rows:
        found = Invitation.objects.filter(pk=invitation.pk).first()
        raise (_why_not(found, now) if found is not None else None) or InvitationUnknown


def note_use(*, invitation: Invitation, user: User) -> None:
    """Remember who made an account by the link. Within the transaction that makes it."""
    InvitationUse.objects.create(invitation=invitation, user=user)


def _why_not(invitation: Invitation, now: datetime) -> SignUpRefused | None:
    """Return why a link makes no account, or None.

    Whether its maker may make links is asked again: one that an operator kept opens nothing once they are none.
    """
    pk = str(invitation.pk)
    ended = _STATES.get(invitation.state_at(now))
    if ended is not None:
        return ended(pk)
    if not _maker_may(invitation):
        return InvitationMakerMayNot(pk)
    if conf.sign_up() == "off" and not invitation.works_while_off:
        return SignUpClosed(pk)
    return None


def makers_of(found: Iterable[Invitation]) -> dict[str, Maker]:
    """Return by ``created_by`` who made the links, by two statements for however many.

    Who is deleted is not among them, nor is the command line.
    """
    made_by = {invitation.created_by for invitation in found if invitation.created_by}
    members = get_user_model()._default_manager.in_bulk(made_by) if made_by else {}
    able = policy.who_may_invite(members)
    return {str(pk): Maker(member, pk in able) for pk, member in members.items()}


def _maker_may(invitation: Invitation) -> bool:
    if not invitation.created_by:
        return True
    maker = makers_of([invitation]).get(invitation.created_by)
    return maker is not None and maker.may_invite


def _digest(token: str) -> str:
    """Return the digest that is stored. The prefix keeps a token of another purpose from ever fitting."""
    return hashlib.sha256(b"sign-up link\0" + token.encode("utf-8", "replace")).hexdigest()
