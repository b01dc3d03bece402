"""What can go wrong in this app: ``code`` is stable, the text is for the person, ``status`` is HTTP's."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountsError(Exception):
    """Base of this app's errors."""

    code = "accounts_error"
    status = 400
    message: str | Promise = _("Something went wrong.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)


class SetupCompleted(AccountsError):
    code = "setup_completed"
    status = 409
    message = _("This service is already set up.")


class SetupTokenRequired(AccountsError):
    code = "setup_token_required"
    status = 403
    message = _("The setup token is missing or incorrect.")


class SignUpRefused(AccountsError):
    """Nobody makes an account this way. ``reason`` is for the audit trail, ``advice`` says what to do next."""

    code = "sign_up_refused"
    status = 410
    reason = ""
    advice: str | Promise = _("Ask for a new one.")

    def __init__(self, invitation: str | None = None) -> None:
        self.invitation = invitation
        super().__init__()


class SignUpClosed(SignUpRefused):
    code = "sign_up_closed"
    status = 403
    reason = "closed"
    message = _("Sign-up is closed")
    advice = _("Sign-up is currently closed. Contact your administrator.")


class SignUpNeedsLink(SignUpRefused):
    code = "sign_up_needs_link"
    status = 403
    reason = "no_link"
    message = _("You need a sign-up link")
    advice = _("You need an invitation to create an account. Ask your administrator for a link, then open it.")


class InvitationUnknown(SignUpRefused):
    code = "invitation_unknown"
    status = 404
    reason = "unknown_link"
    message = _("Sign-up link not found")
    advice = _("Part of the link may be missing. Copy the whole link, or ask for a new one.")


class InvitationExpired(SignUpRefused):
    code = "invitation_expired"
    reason = "expired_link"
    message = _("This sign-up link has expired")


class InvitationUsedUp(SignUpRefused):
    code = "invitation_used_up"
    reason = "used_up_link"
    message = _("This sign-up link has been used up")
    advice = _("It has reached its maximum number of accounts. Ask for a new one.")


class InvitationRevoked(SignUpRefused):
    code = "invitation_revoked"
    reason = "revoked_link"
    message = _("This sign-up link has been revoked")


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
    message = _("You don't have permission to do this to this member.")


class LastSuperuser(AccountsError):
    code = "last_superuser"
    status = 409
    message = _("This is the last active superuser who can sign in. Have another superuser add a passkey first.")


class LoginCodeInvalid(AccountsError):
    code = "login_code_invalid"
    status = 404
    message = _("This link has already been used or has expired.")


class VerificationInvalid(AccountsError):
    code = "invalid_email_verification_token"
    status = 404
    message = _("This link has already been used or has expired.")


class PictureRefused(AccountsError):
    code = "picture_refused"


class EditingIsOff(AccountsError):
    code = "editing_is_off"
    status = 403
    message = _("Your details are managed by your administrator.")


class WrongCode(AccountsError):
    code = "wrong_code"
    message = _("This code is incorrect, has already been used, or has expired.")


class CodesPaused(AccountsError):
    """Too many wrong codes were typed, by whomever. ``seconds`` is how long nobody's are looked at."""

    code = "codes_paused"
    status = 429
    message = _("Too many incorrect codes.")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__()


class OtherBrowser(AccountsError):
    code = "other_browser"
    status = 403
    message = _("This link only works in the browser that requested it.")


class NoMail(AccountsError):
    code = "no_mail"
    status = 409
    message = _("Email can't be sent to this member.")
