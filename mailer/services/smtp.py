"""Handing one mail to the mail server."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .. import conf
from ..exceptions import SendingFailed
from .answers import failure_of


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
    try:
        sent = _send(mail, timeout)
    except (OSError, ValueError) as error:
        # Not chained: the exception of the library may hold what was sent.
        raise failure_of(error, [*secrets, conf.password()]) from None
    if not sent:
        raise SendingFailed(_("The mail was not taken, and nobody said why."))


def _send(mail: EmailMessage, timeout: timedelta) -> int:
    backend = _backend(timeout)
    try:
        backend.open()
        return int(backend.send_messages([mail]) or 0)
    finally:
        # How the connection ends says nothing of the mail: an error here must not send it again.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            backend.close()


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
