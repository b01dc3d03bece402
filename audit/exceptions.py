"""What this app refuses: ``code`` is stable, ``message`` is for people, ``status`` is HTTP's."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AuditError(Exception):
    """Base of every refusal. ``str()`` of an instance is the precise reason."""

    code = "audit_error"
    status = 400
    message: str | Promise = _("This can't be shown.")


class InvalidCursor(AuditError):
    """The place in the list that an address names is none."""

    code = "invalid_cursor"
    message = _("This page of the list does not exist. Start again at the newest event.")
