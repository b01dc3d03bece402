"""What can go wrong in this app: ``code`` is stable, the text is for the person, ``status`` is HTTP's."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountsError(Exception):
    """Base of this app's errors."""

    code = "accounts_error"
    status = 400
    message: str | Promise = _("This did not work.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)


class SetupCompleted(AccountsError):
    code = "setup_completed"
    status = 409
    message = _("This service is set up already.")


class SetupTokenRequired(AccountsError):
    code = "setup_token_required"
    status = 403
    message = _("The set-up token is missing or wrong.")


class SignUpRefused(AccountsError):
    """Nobody makes an account this way. ``reason`` is for the audit trail, ``advice`` says what to do next."""

    code = "sign_up_refused"
    status = 410
    reason = ""
    advice: str | Promise = _("Ask whoever sent it for a new one.")

    def __init__(self, invitation: str | None = None) -> None:
        self.invitation = invitation
        super().__init__()


class SignUpClosed(SignUpRefused):
    code = "sign_up_closed"
    status = 403
    reason = "closed"
    message = _("Sign-up is closed")
    advice = _("Nobody can make an account here by themselves at the moment. Ask the people who run this service.")


class SignUpNeedsLink(SignUpRefused):
    code = "sign_up_needs_link"
    status = 403
    reason = "no_link"
    message = _("You need a sign-up link")
    advice = _(
        "Accounts are made by invitation here. Ask the people who run this service for a link, and open the link itself."
    )


class InvitationUnknown(SignUpRefused):
    code = "invitation_unknown"
    status = 404
    reason = "unknown_link"
    message = _("There is no such sign-up link")
    advice = _("Part of it may be missing. Copy the whole link, or ask whoever sent it for a new one.")


class InvitationExpired(SignUpRefused):
    code = "invitation_expired"
    reason = "expired_link"
    message = _("This sign-up link is too old")


class InvitationUsedUp(SignUpRefused):
    code = "invitation_used_up"
    reason = "used_up_link"
    message = _("This sign-up link is used up")
    advice = _("As many accounts were made with it as it was for. Ask whoever sent it for a new one.")


class InvitationRevoked(SignUpRefused):
    code = "invitation_revoked"
    reason = "revoked_link"
    message = _("This sign-up link was withdrawn")


class InvitationMakerMayNot(InvitationRevoked):
    """Who made it may not make links any more. A visitor learns no more than that it doesn't work."""

    reason = "maker_may_not"


class IdentifierTaken(AccountsError):
    """A user name or address belongs, or once belonged, to another member. ``field`` names the form's field."""

    code = "already_in_use"
    status = 409

    def __init__(self, field: str, message: str | Promise) -> None:
        self.field = field
        super().__init__(message)


class InvalidValue(AccountsError):
    """A value breaks a rule. ``field`` names the form's field."""

    code = "invalid_value"

    def __init__(self, field: str, message: str | Promise) -> None:
        self.field = field
        super().__init__(message)


class NotAllowed(AccountsError):
    code = "not_allowed"
    status = 403
    message = _("You may not do this to this member.")


class LastSuperuser(AccountsError):
    code = "last_superuser"
    status = 409
    message = _("This is the last active superuser who can sign in. Let another one add a passkey first.")


class LoginCodeInvalid(AccountsError):
    code = "login_code_invalid"
    status = 404
    message = _("This link was used already, or it is too old.")


class VerificationInvalid(AccountsError):
    code = "invalid_email_verification_token"
    status = 404
    message = _("This link was used already, or it is too old.")


class PictureRefused(AccountsError):
    code = "picture_refused"


class EditingIsOff(AccountsError):
    code = "editing_is_off"
    status = 403
    message = _("Your details are kept by the people who run this service.")


class WrongCode(AccountsError):
    code = "wrong_code"
    message = _("This code is wrong, was used already, or is too old.")


class CodesPaused(AccountsError):
    """Too many wrong codes were typed, by whomever. ``seconds`` is how long nobody's are looked at."""

    code = "codes_paused"
    status = 429
    message = _("Too many wrong codes were typed.")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__()


class OtherBrowser(AccountsError):
    code = "other_browser"
    status = 403
    message = _("This link works only in the browser that asked for it.")


class NoMail(AccountsError):
    code = "no_mail"
    status = 409
    message = _("No mail can be sent to this member.")
