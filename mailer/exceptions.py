"""What this app refuses: ``code`` is stable, ``message`` is for people, ``status`` is HTTP's."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MailerError(Exception):
    """Base of every refusal. ``str()`` of an instance is the precise reason."""

    code = "mailer_error"
    status = 400
    message: str | Promise = _("This mail can't be sent.")


class UnknownKind(MailerError):
    """There is no such kind of mail."""

    code = "unknown_kind"
    status = 404
    message = _("There is no such kind of mail.")


class UnreadableVariables(MailerError):
    """The variables were encrypted with a key that is not configured any more."""

    code = "unreadable_variables"


class SendingFailed(MailerError):
    """A mail did not leave. ``str()`` is the server's own answer or what was in the way, without secrets.

    ``is_final`` tells that another try would fare no better.
    """

    code = "sending_failed"
    status = 502
    message = _("The mail server did not take the mail.")

    def __init__(self, answer: str, *, is_final: bool = False) -> None:
        super().__init__(answer)
        self.answer = answer
        self.is_final = is_final
