"""How the mail server is spoken to: logged in, encrypted, and with whose word for its certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from mailer.exceptions import SendingFailed
from mailer.services.trial import send_test_mail
from tests.support.mailer.mail_server import PASSWORD, USER, authority_file, mail_server

CANARY = "canary-smtp-password"

#: The event of a test mail is written to the database.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _language_of_the_site(settings: Any) -> None:
    settings.HEARTHKEY_MAILER_KINDS_OFF = frozenset()
    settings.HEARTHKEY_MAILER_INSTANCE_NAME = "Home"
    settings.HEARTHKEY_MAILER_COLOUR = settings.HEARTHKEY_MAILER_LOGO_URL = None
    settings.HEARTHKEY_MAILER_USER = settings.HEARTHKEY_MAILER_PASSWORD = ""
    settings.HEARTHKEY_MAILER_VERIFY_CERTIFICATE = True


def send() -> str:
    """Send a test mail and return the answer, empty when it was taken."""
    try:
        send_test_mail(to="olga@example.com", by="olga")
    except SendingFailed as failure:
        return failure.answer
    return ""


def test_in_the_clear(settings: Any) -> None:
    with mail_server() as server:
        server.settings(settings)
        assert send() == ""
        assert len(server.taken) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_refused(settings: Any, authority: trustme.CA, tls: str) -> None:
    with mail_server(tls=tls, authority=authority) as server:
        server.settings(settings, SECURITY=tls)
        assert "certificate is not to be trusted" in send()
        assert server.tried == 0


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_one_of_a_known_authority_is_taken(
    settings: Any, authority: trustme.CA, tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority_file(authority, tmp_path))
    with mail_server(tls=tls, authority=authority) as server:
        server.settings(settings, SECURITY=tls)
        assert send() == ""


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_an_operator_may_leave_it_unchecked(settings: Any, authority: trustme.CA, tls: str) -> None:
    with mail_server(tls=tls, authority=authority) as server:
        server.settings(settings, SECURITY=tls, VERIFY_CERTIFICATE=False)
        assert send() == ""


def test_a_name_that_the_certificate_does_not_have_is_refused(
    settings: Any, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority_file(authority, tmp_path))
    with mail_server(tls="starttls", authority=authority) as server:
        server.settings(settings, SECURITY="starttls", HOST="localhost")
        assert "certificate is not to be trusted" in send()


@pytest.mark.parametrize(("password", "taken"), [(PASSWORD, 1), ("wrong", 0)])
def test_logging_in_over_starttls(settings: Any, authority: trustme.CA, password: str, taken: int) -> None:
    with mail_server(tls="starttls", authority=authority, auth=True) as server:
        server.settings(settings, SECURITY="starttls", VERIFY_CERTIFICATE=False, USER=USER, PASSWORD=password)
        answer = send()
        assert server.logins[0] == (USER, password)
        assert ("535" in answer) is (taken == 0)
        assert len(server.taken) == taken


def test_without_a_user_nobody_logs_in(settings: Any) -> None:
    with mail_server(auth=True) as server:
        server.settings(settings)
        assert "530" in send()
        assert server.logins == []


def test_encryption_that_was_asked_for_is_never_left_out(settings: Any) -> None:
    with mail_server() as server:
        server.settings(settings, SECURITY="starttls")
        assert "STARTTLS" in send()
        server.settings(settings, SECURITY="tls")
        assert "could not be encrypted" in send()
        assert server.tried == 0


@pytest.mark.parametrize(("answer", "is_final"), [("451 Later", False), ("550 Never", True)])
def test_the_servers_own_answer_is_told(settings: Any, answer: str, is_final: bool) -> None:
    with mail_server() as server:
        server.settings(settings)
        server.answers = [answer]
        with pytest.raises(SendingFailed, match=answer) as failure:
            send_test_mail(to="olga@example.com", by="olga")
        assert failure.value.is_final is is_final


def test_an_answer_that_repeats_the_password_tells_it_to_nobody(settings: Any) -> None:  # L12
    with mail_server() as server:
        server.settings(settings, PASSWORD=CANARY)
        server.answers = [f"550 Your password {CANARY} is known to me"]
        answer = send()
        assert "550 Your password *** is known to me" in answer
