"""Enrol a passkey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from webauthn import generate_registration_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorAttachment,
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .. import adapters, conf
from ..core.refusal import Refused
from ..core.registration import NewCredential, verify_registration
from ..core.session_entry import SessionEntry
from ..exceptions import (
    AlreadyRegistered,
    EnrolmentNotAllowed,
    EnrolmentSpent,
    NotDiscoverable,
    PasskeyError,
    RegistrationRefused,
    StepUpRequired,
    SyncedNotAllowed,
    WrongAttachment,
)
from ..models import Ceremony, Passkey, RemovedCredential, SpentEnrolment, digest
from ..signals import PasskeyRefused, PasskeyRegistered, passkey_refused, passkey_registered
from .ceremonies import Begun, begin_ceremony, new_challenge, take_ceremony
from .descriptors import describe
from .handles import ensure_handle, lock_passkeys_of
from .names import suggest_name
from .owners import display_name_of


def begin_registration(*, user: AbstractBaseUser, entry: SessionEntry | None, browser: str) -> Begun:
    """Return the options for a new passkey of ``user``, who was asked for freshness by ``STEP_UP_WINDOW``.

    Raises ``StepUpRequired`` or ``EnrolmentNotAllowed`` as ``check_may_enrol`` does.
    """
    check_may_enrol(user=user, entry=entry)
    challenge, algorithms = new_challenge(), conf.algorithms()
    generated = generate_registration_options(
        rp_id=conf.rp_id(),
        rp_name=conf.rp_name(),
        user_id=ensure_handle(user),
        user_name=user.get_username(),
        user_display_name=display_name_of(user),
        challenge=challenge,
        timeout=round(conf.timeout().total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            authenticator_attachment=_wanted_attachment(),
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement(conf.user_verification()),
        ),
        supported_pub_key_algs=[COSEAlgorithmIdentifier(algorithm) for algorithm in algorithms],
    )
    options = options_to_json_dict(generated)
    options["excludeCredentials"] = describe(Passkey.objects.usable().for_user(user.pk))
    options["extensions"] = {"credProps": True}
    token = begin_ceremony(
        kind=Ceremony.Kind.REGISTER, challenge=challenge, browser=browser, user=user, algorithms=algorithms
    )
    return Begun(token=token, options=options)


def finish_registration(
    *,
    user: AbstractBaseUser,
    entry: SessionEntry | None,
    browser: str,
    token: str,
    credential: Mapping[str, Any],
) -> Passkey:
    """Store the passkey and return it.

    Raises ``CeremonyExpired``, ``RegistrationRefused``, ``NotDiscoverable``, ``AlreadyRegistered``,
    ``SyncedNotAllowed``, ``WrongAttachment``, ``StepUpRequired``, ``EnrolmentNotAllowed`` or ``EnrolmentSpent``.
    """
    taken = take_ceremony(token=token, kind=Ceremony.Kind.REGISTER, browser=browser, user=user)
    try:
        new = verify_registration(credential, expected=taken.expected(), algorithms=taken.algorithms)
        if new.discoverable is False:
            raise Refused("not_discoverable", "credProps.rk is false")
        _refuse_what_the_site_does_not_take(new)
        with transaction.atomic():
            return _store(user, entry, new)
    except Refused as refusal:
        _tell_refusal(user, refusal.reason, str(refusal))
        known = NotDiscoverable if refusal.reason == "not_discoverable" else RegistrationRefused
        raise known(str(refusal)) from refusal
    except IntegrityError as error:
        _tell_refusal(user, "already_registered", "the credential id is known")
        raise AlreadyRegistered("the credential id is known") from error
    except PasskeyError as error:
        _tell_refusal(user, error.code, str(error))
        raise


def check_may_enrol(*, user: AbstractBaseUser, entry: SessionEntry | None) -> None:
    """Return if this member may enrol a passkey in this session now.

    Raises ``StepUpRequired`` when the member has usable passkeys but used none of them here lately, and
    ``EnrolmentNotAllowed`` when there is none and the session is not one that may enrol the first. A session that may
    enrol without either is good for one passkey: ``EnrolmentSpent`` says that it has been.
    """
    if has_stepped_up(user=user, entry=entry, max_age=conf.confirmation_lasts()):
        return
    if not may_enrol_here(user=user, entry=entry):
        if has_passkey(user=user):
            raise StepUpRequired("no assertion in this session lately")
        raise EnrolmentNotAllowed("no usable passkey, and the session may not enrol the first one")
    if is_spent(entry):
        raise EnrolmentSpent("this session enrolled a passkey already")


def may_enrol_here(*, user: AbstractBaseUser, entry: SessionEntry | None) -> bool:
    """Return whether a member who used no passkey here may enrol one in this session, as far as it is not spent."""
    is_first = not has_passkey(user=user)
    # What names no enrolment can't be spent, so it is good for the first passkey only.
    is_named = entry is not None and bool(entry.enrolment)
    return (is_first or is_named) and adapters.ask_may_enrol()(user, entry, is_first=is_first)


def is_spent(entry: SessionEntry | None) -> bool:
    """Return whether the one enrolment of this session was used."""
    return bool(entry and entry.enrolment) and SpentEnrolment.objects.filter(pk=_enrolment_of(entry)).exists()


def has_passkey(*, user: AbstractBaseUser) -> bool:
    """Return whether a passkey signs this member in."""
    return Passkey.objects.usable().filter(user_id=user.pk).exists()


def has_stepped_up(*, user: AbstractBaseUser, entry: SessionEntry | None, max_age: timedelta) -> bool:
    """Return whether a passkey that still is this member's was used in this session at most ``max_age`` ago."""
    if entry is None or not entry.is_fresh(now=timezone.now(), max_age=max_age):
        return False
    mine = Passkey.objects.usable().filter(user_id=user.pk).values_list("pk", flat=True)
    return entry.passkey in {str(passkey_id) for passkey_id in mine}


def _store(user: AbstractBaseUser, entry: SessionEntry | None, new: NewCredential) -> Passkey:
    lock_passkeys_of(user)
    member = get_user_model()._default_manager.filter(pk=user.pk).first()
    if member is None or not member.is_active:
        raise EnrolmentNotAllowed("the member is disabled or deleted")
    check_may_enrol(user=user, entry=entry)
    if entry is not None and entry.enrolment and not entry.is_of_passkey:
        # The locked row above lets one of two simultaneous attempts through; this lets the next one never through.
        SpentEnrolment.objects.get_or_create(pk=_enrolment_of(entry))
    mine = list(Passkey.objects.for_user(user.pk))
    id_digest = digest(new.credential_id)
    passkey = Passkey.objects.create(
        user_id=user.pk,
        name=suggest_name(new, taken={passkey.name for passkey in mine}),
        credential_id=new.credential_id,
        credential_id_sha256=id_digest,
        public_key=new.public_key,
        algorithm=new.algorithm,
        sign_count=new.sign_count,
        user_verified_at_registration=new.user_verified,
        backup_eligible=new.backup_eligible,
        backed_up=new.backed_up,
        aaguid=new.aaguid,
        transports=list(new.transports),
        attachment=new.attachment,
        discoverable=new.discoverable,
        attestation_format=new.attestation_format,
        rp_id=conf.rp_id(),
    )
    RemovedCredential.objects.filter(pk=id_digest).delete()
    event = PasskeyRegistered(user=str(user.pk), passkey=str(passkey.pk), name=passkey.name, first=not mine)
    passkey_registered.send(sender=Passkey, event=event)
    return passkey


def _wanted_attachment() -> AuthenticatorAttachment | None:
    wanted = conf.attachment()
    return None if wanted == "any" else AuthenticatorAttachment(wanted)


def _refuse_what_the_site_does_not_take(new: NewCredential) -> None:
    """Raise ``SyncedNotAllowed`` or ``WrongAttachment``.

    The backup flag is signed data. The attachment is the browser's word, and some don't say it: only another one is
    refused, which a password manager that minds no options may report.
    """
    if new.backup_eligible and not conf.synced_allowed():
        raise SyncedNotAllowed("the credential is backup eligible (BE)")
    wanted = conf.attachment()
    if wanted != "any" and new.attachment and new.attachment != wanted:
        raise WrongAttachment(f"the attachment is {new.attachment}, asked for was {wanted}")


def _enrolment_of(entry: SessionEntry | None) -> str:
    return digest(entry.enrolment.encode()) if entry is not None else ""


def _tell_refusal(user: AbstractBaseUser, reason: str, detail: str) -> None:
    event = PasskeyRefused(purpose=Ceremony.Kind.REGISTER.value, reason=reason, detail=detail[:200], user=str(user.pk))
    passkey_refused.send(sender=Passkey, event=event)
