"""Sign in, and confirm that it is still you: both are one assertion by a passkey."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone
from webauthn import generate_authentication_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import UserVerificationRequirement

from .. import conf
from ..core.answer import Expected, read_credential_id
from ..core.authentication import StoredCredential, VerifiedAssertion, decoy, verify_assertion
from ..core.refusal import Refused
from ..core.session_entry import PASSKEY, SessionEntry
from ..exceptions import AssertionRefused, EnrolmentNotAllowed, PasskeyWasRemoved
from ..models import Ceremony, Passkey, RemovedCredential, digest
from ..signals import (
    BackupStateChanged,
    PasskeyRefused,
    PasskeyUsed,
    backup_state_changed,
    passkey_refused,
    passkey_used,
)
from .ceremonies import Begun, Taken, begin_ceremony, new_challenge, take_ceremony
from .descriptors import describe
from .handles import handle_of

#: What an assertion was for, where it is not called after its ceremony.
_PURPOSES: Final = {Ceremony.Kind.ENROLLED: Ceremony.Kind.SIGN_IN.value}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asserted:
    """A member, of whatever user model, proved to be here. ``entry`` is what belongs into the session from now on."""

    user: Any
    passkey: Passkey
    entry: SessionEntry


def begin_sign_in(*, browser: str) -> Begun:
    """Return the options for a sign-in: the same for everybody, as nobody is known yet."""
    return _begin(Ceremony.Kind.SIGN_IN, browser, None, [])


def begin_step_up(*, user: AbstractBaseUser, browser: str) -> Begun:
    """Return the options for an assertion by one of the member's own passkeys.

    Raises ``EnrolmentNotAllowed`` when the member has none.
    """
    allowed = describe(Passkey.objects.usable().for_user(user.pk))
    if not allowed:
        raise EnrolmentNotAllowed("no usable passkey to step up with")
    return _begin(Ceremony.Kind.STEP_UP, browser, user, allowed)


def begin_enrolled(*, passkey: Passkey, browser: str) -> Begun:
    """Return the options for the first use of a passkey, which signs its member in: no other passkey will do."""
    return _begin(Ceremony.Kind.ENROLLED, browser, passkey.user, describe([passkey]))


def finish_sign_in(*, browser: str, token: str, credential: Mapping[str, Any]) -> Asserted:
    """Return the member whose passkey answered.

    Raises ``CeremonyExpired``, ``PasskeyWasRemoved`` for ids that were removed on purpose, and one and the same
    ``AssertionRefused`` for everything else.
    """
    taken = take_ceremony(token=token, kind=Ceremony.Kind.SIGN_IN, browser=browser)
    return _finish(Ceremony.Kind.SIGN_IN, taken, credential, None)


def finish_step_up(*, user: AbstractBaseUser, browser: str, token: str, credential: Mapping[str, Any]) -> Asserted:
    """Return the assertion, made by a passkey of ``user``. Raises as ``finish_sign_in`` does."""
    taken = take_ceremony(token=token, kind=Ceremony.Kind.STEP_UP, browser=browser, user=user)
    return _finish(Ceremony.Kind.STEP_UP, taken, credential, user)


def finish_enrolled(*, browser: str, token: str, credential: Mapping[str, Any]) -> Asserted:
    """Return the assertion by a passkey of the member who enrolled one. Raises as ``finish_sign_in`` does."""
    taken = take_ceremony(token=token, kind=Ceremony.Kind.ENROLLED, browser=browser, of_anybody=True)
    user = get_user_model()._default_manager.filter(pk=taken.user_id).first()
    if user is None:
        raise AssertionRefused("unknown: the member was deleted meanwhile")
    return _finish(Ceremony.Kind.ENROLLED, taken, credential, user)


def _begin(kind: Ceremony.Kind, browser: str, user: AbstractBaseUser | None, allowed: list[dict[str, Any]]) -> Begun:
    challenge = new_challenge()
    generated = generate_authentication_options(
        rp_id=conf.rp_id(),
        challenge=challenge,
        timeout=round(conf.timeout().total_seconds() * 1000),
        user_verification=UserVerificationRequirement(conf.user_verification()),
    )
    options = options_to_json_dict(generated)
    options["allowCredentials"] = allowed
    return Begun(token=begin_ceremony(kind=kind, challenge=challenge, browser=browser, user=user), options=options)


def _finish(
    kind: Ceremony.Kind, taken: Taken, credential: Mapping[str, Any], user: AbstractBaseUser | None
) -> Asserted:
    with transaction.atomic():
        outcome = _assert(kind, taken.expected(), credential, user)
    if isinstance(outcome, Asserted):
        return outcome
    passkey_refused.send(sender=Passkey, event=outcome)
    logger.info("%s refused: %s (%s)", kind.value, outcome.reason, outcome.detail)
    if outcome.reason == "removed":
        raise PasskeyWasRemoved(outcome.detail)
    raise AssertionRefused(f"{outcome.reason}: {outcome.detail}")


def _assert(
    kind: Ceremony.Kind, expected: Expected, credential: Mapping[str, Any], user: AbstractBaseUser | None
) -> Asserted | PasskeyRefused:
    """Return the assertion, or the refusal as a value, so that a regressed counter's mark is not rolled back."""
    passkey: Passkey | None = None
    try:
        credential_id = read_credential_id(credential)
        # Both queries run for every answer, so that their number tells nothing about the passkey.
        was_removed = RemovedCredential.objects.filter(pk=digest(credential_id)).exists()
        passkey = _find(credential_id)
        if passkey is None or (user is not None and passkey.user_id != user.pk):
            raise _unknown(credential_id, credential, expected, was_removed=was_removed, is_foreign=passkey is not None)
        asserted = verify_assertion(
            credential, expected=expected, stored=_stored(passkey), handle_required=user is None
        )
        if not passkey.user.is_active:
            raise Refused("disabled", "the member is disabled")
        return _accept(kind, passkey, passkey.user, asserted)
    except Refused as refusal:
        subject = user.pk if user is not None else passkey.user_id if passkey is not None else None
        return PasskeyRefused(
            purpose=_PURPOSES.get(kind, kind.value),
            reason=refusal.reason,
            detail=str(refusal)[:200],
            user=str(subject) if subject is not None else None,
            passkey=str(passkey.pk) if passkey is not None else None,
        )


def _find(credential_id: bytes) -> Passkey | None:
    rows = Passkey.objects.usable().select_related("user__hearthkey_user_handle")
    return rows.filter(credential_id_sha256=digest(credential_id)).first()


def _stored(passkey: Passkey) -> StoredCredential:
    return StoredCredential(
        credential_id=bytes(passkey.credential_id),
        public_key=bytes(passkey.public_key),
        sign_count=passkey.sign_count,
        backup_eligible=passkey.backup_eligible,
        user_handle=handle_of(passkey.user),
    )


def _unknown(
    credential_id: bytes, credential: Mapping[str, Any], expected: Expected, *, was_removed: bool, is_foreign: bool
) -> Refused:
    """Return why there is no passkey to verify with, after the time that verifying would have taken."""
    with contextlib.suppress(Refused):
        verify_assertion(credential, expected=expected, stored=decoy(credential_id), handle_required=False)
    if is_foreign:
        return Refused("foreign", "the passkey is another member's")
    if was_removed:
        return Refused("removed", "the passkey was removed on purpose")
    return Refused("unknown", "no passkey has this id")


def _accept(kind: Ceremony.Kind, passkey: Passkey, owner: AbstractBaseUser, asserted: VerifiedAssertion) -> Asserted:
    """Record the use. The last check is the UPDATE itself: of two parallel assertions the lower counter loses."""
    now = timezone.now()
    row = Passkey.objects.filter(pk=passkey.pk)
    seen = {"last_used_at": now, "backed_up": asserted.backed_up}
    above = models.Q(sign_count__lt=asserted.sign_count) if asserted.sign_count else models.Q(sign_count=0)
    moved = 0
    if not asserted.counter_regressed:
        moved = row.filter(above).update(sign_count=asserted.sign_count, **seen)
    if not moved:
        _judge_counter(row, asserted, now)
        row.update(**seen)
    if asserted.backed_up != passkey.backed_up:
        changed = BackupStateChanged(
            user=str(owner.pk), passkey=str(passkey.pk), name=passkey.name, backed_up=asserted.backed_up
        )
        backup_state_changed.send(sender=Passkey, event=changed)
    used = PasskeyUsed(
        user=str(owner.pk),
        passkey=str(passkey.pk),
        name=passkey.name,
        purpose=_PURPOSES.get(kind, kind.value),
        synced=passkey.backup_eligible,
    )
    passkey_used.send(sender=Passkey, event=used)
    passkey.refresh_from_db()
    entry = SessionEntry(method=PASSKEY, at=now.timestamp(), passkey=str(passkey.pk))
    return Asserted(user=owner, passkey=passkey, entry=entry)


def _judge_counter(row: models.QuerySet[Passkey], asserted: VerifiedAssertion, now: datetime) -> None:
    """Mark the passkey, and raise ``Refused`` (``counter_regressed``) unless the policy is to let it pass."""
    if not row.update(counter_regressed_at=now):
        raise Refused("unknown", "the passkey was removed meanwhile")
    if conf.counter_policy() != "flag":
        raise Refused("counter_regressed", f"the signature counter went back to {asserted.sign_count}")
