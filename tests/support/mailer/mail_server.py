"""A real SMTP server that tests give its manners: what it answers, how it encrypts, whom it lets in."""

from __future__ import annotations

import asyncio
import contextlib
import email.policy
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER = "postman"
PASSWORD = "the password of the post office"


@dataclass
class MailServer:
    """``answers`` are what it says to the next mails, the last one for good; ``taken`` are those it said 250 to."""

    answers: list[str] = field(default_factory=lambda: ["250 Taken"])
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    tried: int = 0
    #: Seconds before it answers, in a thread of its own so that others are answered meanwhile.
    slowness: float = 0
    repeats_the_mail: bool = False
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with self._lock:
            self.tried += 1
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        content = bytes(envelope.content or b"")
        if self.slowness:
            await asyncio.sleep(self.slowness)
        if answer.startswith("250"):
            message = email.message_from_bytes(content, policy=email.policy.default)
            with self._lock:
                self.taken.append(message)  # type: ignore[arg-type]
                self.recipients.append(list(envelope.rcpt_tos))
        if self.repeats_the_mail:
            body = email.message_from_bytes(content, policy=email.policy.default)
            text = body.get_body(("plain",)).get_content()  # type: ignore[union-attr]
            return f"{answer} {' '.join(text.split())}"[:480]
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)

    def settings(self, settings: Any, **more: Any) -> None:
        """Point the mailer at this server."""
        values = {"HOST": "127.0.0.1", "PORT": self.port, "SECURITY": "none", "FROM": "login@id.example.com", **more}
        for name, value in values.items():
            setattr(settings, f"HEARTHKEY_MAILER_{name}", value)


class _AnyPort(Controller):
    """Listens where there is room, and then asks itself there whether it answers."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(*, tls: str = "none", authority: trustme.CA | None = None, auth: bool = False) -> Iterator[MailServer]:
    """Run a server. ``tls`` is ``none``, ``starttls`` or ``tls``, with a certificate of ``authority`` for 127.0.0.1."""
    server = MailServer()
    options: dict[str, Any] = {}
    context: ssl.SSLContext | None = None
    if tls != "none":
        assert authority is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if auth:
        options |= {"authenticator": server.authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}
        if tls == "tls":
            options["auth_require_tls"] = False
    listens = context if tls == "tls" else None
    controller = _AnyPort(server, hostname="127.0.0.1", port=0, ssl_context=listens, **options)
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()


def authority_file(authority: trustme.CA, folder: Path) -> str:
    """Write the authority's certificate and return where it is."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
