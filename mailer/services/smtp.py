"""Handing one mail to the mail server, and what its answers mean."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .. import conf
from ..exceptions import SendingFailed
from . import cleaning

_NOTHING_RIGHT_AWAY: Final = 500


class Backend(EmailBackend):
    """Django's own, with a certificate that need not be right where the operator says so."""

    def __init__(self, *, verify: bool, **options: Any) -> None:
        super().__init__(**options)
        self._verify = verify

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def hand_over(mail: EmailMessage, *, timeout: timedelta, secrets: Iterable[str] = ()) -> None:
    """Give ``mail`` to the mail server; when this returns, the server has taken it.

    :param timeout: how long each of its answers may take.
    :param secrets: what no answer may repeat, beside the password.
    :raises SendingFailed: it has not, or nobody knows.
    """
    with _in_words([*secrets, conf.password()]):
        backend = _backend(timeout)
        try:
            backend.open()
            sent = backend.send_messages([mail])
        finally:
            # How the connection ends says nothing of the mail: an error here must not send it again.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                backend.close()
        if not sent:
            raise SendingFailed(_("The mail was not taken, and nobody said why."))


def _backend(timeout: timedelta) -> Any:
    host = conf.host()
    if host is None:
        return get_connection()
    if not host:
        raise SendingFailed(_("No mail server is configured."))
    security = conf.security()
    return Backend(
        verify=conf.verify_certificate(),
        host=host,
        port=conf.port(),
        username=conf.user(),
        password=conf.password(),
        use_tls=security == "starttls",
        use_ssl=security == "tls",
        timeout=timeout.total_seconds(),
        ssl_certfile="",
        ssl_keyfile="",
    )


@contextlib.contextmanager
def _in_words(secrets: list[str]) -> Iterator[None]:
    """Turn what Django's backends raise into words. The exception itself, which may hold secrets, is not passed on."""
    failure: SendingFailed
    try:
        yield
    except SendingFailed:
        raise
    except smtplib.SMTPAuthenticationError as error:
        # A password can be put right while the mail waits.
        failure = _failure(_("The server refused the log-in: %s"), _reply(error.smtp_code, error.smtp_error), secrets)
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        failure = _failure(_("The server refused the recipient: %s"), _reply(code, reply), secrets, code)
    except smtplib.SMTPSenderRefused as error:
        reply = _reply(error.smtp_code, error.smtp_error)
        failure = _failure(_("The server refused the sender: %s"), reply, secrets, error.smtp_code)
    except smtplib.SMTPResponseException as error:
        reply = _reply(error.smtp_code, error.smtp_error)
        failure = _failure(_("The server refused: %s"), reply, secrets, error.smtp_code)
    except smtplib.SMTPException as error:
        failure = _failure(_("The conversation with the server failed: %s"), str(error), secrets)
    except ssl.SSLCertVerificationError as error:
        failure = _failure(_("The server's certificate is not to be trusted: %s"), error.verify_message, secrets)
    except ssl.SSLError as error:
        failure = _failure(_("The connection could not be encrypted: %s"), error.reason or str(error), secrets)
    except TimeoutError:
        failure = SendingFailed(_("The server did not answer in time."))
    except OSError as error:
        failure = _failure(_("The server can't be reached: %s"), error.strerror or str(error), secrets)
    except ValueError as error:
        # Django refuses to make such a mail at all.
        failure = SendingFailed(f"{type(error).__name__}: {cleaning.without(secrets, str(error))}", is_final=True)
    else:
        return
    raise failure from None


def _reply(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {said}"


def _failure(sentence: str, said: str, secrets: list[str], code: int = 0) -> SendingFailed:
    return SendingFailed(sentence % cleaning.without(secrets, said), is_final=code >= _NOTHING_RIGHT_AWAY)
