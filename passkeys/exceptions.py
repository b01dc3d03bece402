"""What this app refuses. ``code`` is stable and goes over the wire, ``message`` is for people."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PasskeyError(Exception):
    """Base of every refusal. ``str()`` of an instance is the precise reason, for the log only."""

    code: ClassVar[str] = "failed"
    status: ClassVar[int] = 400
    message: ClassVar[str | Promise] = _("Something went wrong. Please try again.")


class BadRequest(PasskeyError):
    code = "bad_request"
    message = _("The request could not be read.")


class RequestTooLarge(PasskeyError):
    code = "too_large"
    status = 413
    message = _("The request is too large.")


class NotJson(PasskeyError):
    code = "not_json"
    status = 415
    message = _("The request must be JSON.")


class SignInRequired(PasskeyError):
    code = "sign_in_required"
    status = 401
    message = _("You are no longer signed in. Please sign in again.")


class TooManyRequests(PasskeyError):
    code = "too_many_requests"
    status = 429
    message = _("Too many attempts. Please wait a moment and try again.")


class CeremonyExpired(PasskeyError):
    """The ceremony is unknown, used, too old, or was begun for something else or by another browser."""

    code = "ceremony_expired"
    message = _("That took too long. Please try again.")


class AssertionRefused(PasskeyError):
    """One answer for every passkey that is not accepted, so that nothing can be learnt from it."""

    code = "refused"
    message = _("This passkey was not accepted. Try another passkey, or use another device.")


class PasskeyWasRemoved(PasskeyError):
    code = "removed"
    status = 404
    message = _("This passkey was removed from your account.")


class RegistrationRefused(PasskeyError):
    code = "registration_refused"
    message = _("The new passkey could not be accepted. Please try again, or use another device.")


class AlreadyRegistered(PasskeyError):
    code = "already_registered"
    status = 409
    message = _("This device already has a passkey for your account.")


class NotDiscoverable(PasskeyError):
    code = "not_discoverable"
    message = _("This security key cannot hold a passkey. Set a PIN or use another.")


class SyncedNotAllowed(PasskeyError):
    code = "synced_not_allowed"
    message = _(
        "This passkey would be copied to your other devices, and this service takes only passkeys that stay on one. "
        "Use a security key, or another device."
    )


class WrongAttachment(PasskeyError):
    code = "wrong_attachment"
    message = _("This service takes passkeys of another kind. Choose another device for it when your browser asks.")


class StepUpRequired(PasskeyError):
    code = "step_up_required"
    status = 403
    message = _("Please confirm that it is you with one of your passkeys first.")


class EnrolmentNotAllowed(PasskeyError):
    code = "enrolment_not_allowed"
    status = 403
    message = _("A first passkey needs a fresh sign-in link. Ask the person who runs this service for one.")


class EnrolmentSpent(PasskeyError):
    code = "enrolment_spent"
    status = 403
    message = _("This sign-in was good for one passkey, which was added already. Confirm with a passkey to add more.")


class LastPasskey(PasskeyError):
    code = "last_passkey"
    status = 409
    message = _("This is your only passkey. Add another one before you remove it.")


class LastAdministrator(PasskeyError):
    code = "last_administrator"
    status = 409
    message = _("This is the last passkey of the last administrator, so it stays.")


class NotAllowed(PasskeyError):
    code = "not_allowed"
    status = 403
    message = _("You may not change the passkeys of this member.")


class NoSuchPasskey(PasskeyError):
    code = "no_such_passkey"
    status = 404
    message = _("There is no such passkey.")
