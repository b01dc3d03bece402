"""User names and addresses: their form, and that each belongs to one member for ever."""

from __future__ import annotations

import re
import unicodedata
import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from .. import signals
from ..exceptions import IdentifierTaken, InvalidValue
from ..models import ReservedIdentifier, User
from . import policy, row_locks
from .actors import actor_key

_USERNAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_.@-]*[a-zA-Z0-9])?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def clean_text(value: str, *, field: str, longest: int) -> str:
    """Return ``value`` trimmed and in Unicode's NFC form.

    :raises InvalidValue: it holds control characters or is too long.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if _CONTROL.search(text):
        raise InvalidValue(field, _("Use only letters, digits and punctuation."))
    if len(text) > longest:
        raise InvalidValue(field, _("Use at most %(longest)d characters.") % {"longest": longest})
    return text


def clean_username(value: str) -> str:
    """Return the user name as it is stored: 1 to 50 of the characters that clients can work with.

    :raises InvalidValue: it is empty, too long, or has other characters.
    """
    text = clean_text(value, field="username", longest=50)
    if not _USERNAME.match(text):
        raise InvalidValue(
            "username",
            _("Use only letters, digits and . _ @ - and start and end with a letter or digit."),
        )
    return text


def clean_email(value: str) -> str:
    """Return the address as it is stored, or the empty text.

    :raises InvalidValue: it is no address.
    """
    text = clean_text(value, field="email", longest=254)
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise InvalidValue("email", _("Enter an email address.")) from None
    return text


def key_of(value: str) -> str:
    """Return what is compared: the value without regard to letter case."""
    return unicodedata.normalize("NFC", value.casefold())[:254]


def owner_of(*, kind: str, value: str) -> uuid.UUID | None:
    """Return the primary key of the member that the identifier belongs to, or once belonged to."""
    return ReservedIdentifier.objects.filter(kind=kind, key=key_of(value)).values_list("owner_id", flat=True).first()


def check_free(*, kind: str, value: str, owner_id: uuid.UUID | None, field: str = "") -> None:
    """Make sure that ``value`` is nobody else's. ``field`` names the form's field where it is not that of the kind.

    :raises IdentifierTaken: it belongs, or once belonged, to another member.
    """
    if not value:
        return
    owner = owner_of(kind=kind, value=value)
    if owner is not None and owner != owner_id:
        raise _taken(field or kind)


def reserve(*, kind: str, value: str, owner_id: uuid.UUID) -> None:
    """Give ``value`` to a member, for ever. Within the transaction of the change.

    :raises IdentifierTaken: it belongs, or once belonged, to another member; the unique row decides a race.
    """
    if not value:
        return
    row, _created = ReservedIdentifier.objects.get_or_create(
        kind=kind, key=key_of(value), defaults={"owner_id": owner_id}
    )
    if row.owner_id != owner_id:
        raise _taken(kind)


def release(*, identifier: ReservedIdentifier, actor: User | None) -> None:
    """Let anybody take an identifier that nobody carries any more.

    An address that was somebody's still is theirs at clients that remember it, so releasing it is a change of that
    member; of whom a deleted one was, nobody can tell any more, so that is a superuser's decision.

    :raises NotAllowed: its member is above the actor, or is deleted and the actor is no superuser.
    :raises InvalidValue: its member still carries it, or somebody else released it meanwhile.
    """
    kind = ReservedIdentifier.Kind(identifier.kind)
    fields = ("username",) if kind is ReservedIdentifier.Kind.USERNAME else ("email", "verified_email")
    with transaction.atomic():
        owner = User.objects.filter(pk=identifier.owner_id).first()
        if owner is None:
            policy.require_grant(actor)
        else:
            owner = row_locks.hold_member_in_reach(owner, actor)
        if owner is not None and any(key_of(getattr(owner, name)) == identifier.key for name in fields):
            raise InvalidValue("key", _("%(member)s is still using it.") % {"member": owner.username})
        released, _rows = ReservedIdentifier.objects.filter(pk=identifier.pk).delete()
        if not released:
            raise InvalidValue("key", _("This has already been released."))
        event = signals.IdentifierReleased(kind=kind.value, identifier=identifier.key, actor=actor_key(actor))
        signals.identifier_released.send(sender=None, event=event)


def _taken(kind: str) -> IdentifierTaken:
    if kind == ReservedIdentifier.Kind.USERNAME:
        return IdentifierTaken("username", _("This username is or was used by another member."))
    return IdentifierTaken("email", _("This address is or was used by another member."))
