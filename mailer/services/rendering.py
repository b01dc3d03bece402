"""Making a mail of a kind and its variables."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.dateparse import parse_datetime

from .. import conf
from . import cleaning
from .kinds import kind_of

#: RFC 3834 §5: no holiday note answers; the second is Exchange's.
_HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
#: What a condition in a template leaves behind.
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_LONGEST_SUBJECT: Final = 200
_LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its reader sees it."""

    subject: str
    text: str
    html: str


def render(*, kind: str, variables: Mapping[str, Any], language: str = "") -> Letter:
    """Return the mail of this kind in this language, or in the site's.

    :raises UnknownKind: there is no such kind.
    """
    name = kind_of(kind).name
    context = _context(variables)
    with _speaking(language):
        subject = render_to_string(f"hearthkey/mailer/{name}.subject.txt", context)
        text = render_to_string(f"hearthkey/mailer/{name}.txt", context)
        context["subject"] = cleaning.one_line(subject)[:_LONGEST_SUBJECT]
        context["mail_language"] = translation.get_language() or "en"
        html = render_to_string(f"hearthkey/mailer/{name}.html", context)
    return Letter(subject=context["subject"], text=_BLANK_LINES.sub("\n\n", text.strip()) + "\n", html=html)


def compose(letter: Letter, *, to: str, message_id: uuid.UUID) -> EmailMultiAlternatives:
    """Return ``letter`` with its headers. The same id makes the same ``Message-ID``, so that a second copy is known."""
    address = conf.from_address()
    domain = address.rpartition("@")[2].rstrip(">").strip() or "localhost"
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=sender(),
        to=[to],
        headers={**_HEADERS, "Message-ID": f"<{message_id}@{domain.encode('idna').decode('ascii')}>"},
    )
    mail.attach_alternative(letter.html, "text/html")
    return mail


def sender() -> str:
    """Return the value of ``From``: the instance's name, as harmless as a name in a header must be, and the address."""
    address = conf.from_address()
    if "<" in address:
        return cleaning.one_line(address)
    name = cleaning.one_line(conf.instance_name())[:_LONGEST_NAME]
    return sanitize_address((name, cleaning.one_line(address)), "utf-8")


def _context(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates see: texts of which the name ends in ``_at`` are times."""
    cleaned: dict[str, Any] = cleaning.clean(variables)
    for name, value in cleaned.items():
        if name.endswith("_at") and isinstance(value, str):
            cleaned[name] = parse_datetime(value) or value
    own = {"instance_name": cleaning.one_line(conf.instance_name()), "colour": conf.colour()}
    return {**cleaned, **own, "logo_url": conf.logo_url()}


def _speaking(language: str) -> AbstractContextManager[Any]:
    """Return the context in which texts are in ``language``, or in the site's: never in that of whoever asked."""
    for code in (language, settings.LANGUAGE_CODE):
        if code and translation.check_for_language(code):
            return translation.override(code)
    return nullcontext()
