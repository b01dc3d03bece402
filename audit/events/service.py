"""What happens to the service itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "rate_limit_hit",
        _t("Too many attempts"),
        _t("Somebody tried too often and has to wait (%(policy)s)."),
        is_refusal=True,
    ),
    Kind(
        "job_given_up",
        _t("Background job given up"),
        _t("“%(job)s” was given up after %(attempts)s attempts: %(error)s."),
        is_refusal=True,
    ),
    Kind(
        "mail_failed",
        _t("Mail not sent"),
        _t("The mail “%(title)s” for %(subject)s was given up after %(attempts)s attempts. %(answer)s"),
        is_refusal=True,
    ),
    Kind("test_mail_sent", _t("Test mail sent"), _t("%(actor)s sent a test mail to %(to)s.")),
    Kind(
        "test_mail_failed",
        _t("Test mail not sent"),
        _t("%(actor)s tried to send a test mail to %(to)s. %(answer)s"),
        is_refusal=True,
    ),
    Kind(
        "configuration_changed",
        _t("Configuration changed"),
        _t("%(actor)s changed the configuration: %(fields)s."),
    ),
    Kind(
        "job_run_again",
        _t("Background job run again"),
        _t("%(actor)s had the background job “%(job)s” run again."),
    ),
    Kind("audit_exported", _t("Events exported"), _t("%(actor)s exported the audit trail.")),
)
