"""What a mail server's answers, and its silence, mean in people's words."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from ..exceptions import SendingFailed
from . import cleaning

#: RFC 5321 §4.2.1: from here on the same mail will be refused again.
_FINAL: Final = 500


def failure_of(error: Exception, secrets: Iterable[str]) -> SendingFailed:
    """Return ``error`` in words, the server's own where it gave any, without ``secrets``."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError):
        error = error.__context__
    sentence, said, code = _smtp(error) if isinstance(error, smtplib.SMTPException) else _connection(error)
    # What Django refuses to make at all, a header with a line break say, it will refuse again.
    is_final = code >= _FINAL or not isinstance(error, OSError)
    return SendingFailed(sentence % cleaning.without(secrets, said) if said else sentence, is_final=is_final)


def _smtp(error: smtplib.SMTPException) -> tuple[str, str, int]:
    match error:
        case smtplib.SMTPAuthenticationError():
            # Final by its code, but a password can be put right while the mail waits.
            return _("The server refused the log-in: %s"), _reply(error.smtp_code, error.smtp_error), 0
        case smtplib.SMTPRecipientsRefused():
            code, reply = next(iter(error.recipients.values()))
            return _("The server refused the recipient: %s"), _reply(code, reply), code
        case smtplib.SMTPSenderRefused():
            return _("The server refused the sender: %s"), _reply(error.smtp_code, error.smtp_error), error.smtp_code
        case smtplib.SMTPResponseException():
            return _("The server refused: %s"), _reply(error.smtp_code, error.smtp_error), error.smtp_code
    return _("The conversation with the server failed: %s"), str(error), 0


def _connection(error: Exception) -> tuple[str, str, int]:
    match error:
        case ssl.SSLCertVerificationError():
            return _("The server's certificate is not to be trusted: %s"), error.verify_message, 0
        case ssl.SSLError():
            return _("The connection could not be encrypted: %s"), error.reason or str(error), 0
        case TimeoutError():
            return _("The server did not answer in time."), "", 0
        case OSError():
            return _("The server can't be reached: %s"), error.strerror or str(error), 0
    return _("The mail can't be made: %s"), str(error), 0


def _reply(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {said}"
