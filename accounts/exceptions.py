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
