"""Sign-ins on another device, and what members answered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "device_sign_in_approved",
        _t("Sign-in on another device approved"),
        _t("%(subject)s approved a sign-in on another device (address %(device_address)s, %(device_agent)s)."),
        _t("You approved a sign-in on another device (address %(device_address)s, %(device_agent)s)."),
    ),
    Kind(
        "device_sign_in_refused",
        _t("Sign-in on another device refused"),
        _t("%(subject)s refused a sign-in on another device (address %(device_address)s, %(device_agent)s)."),
        _t("You refused a sign-in on another device (address %(device_address)s, %(device_agent)s)."),
        when={"reason": "by_member"},
        is_refusal=True,
    ),
    Kind(
        "device_sign_in_refused",
        _t("Approval of another device did not count"),
        _t(
            "An approval by %(subject)s of a sign-in on another device did not count: %(reason)s "
            "(address %(device_address)s, %(device_agent)s)."
        ),
        _t(
            "Your approval of a sign-in on another device did not count: %(reason)s "
            "(address %(device_address)s, %(device_agent)s)."
        ),
        is_refusal=True,
    ),
    Kind(
        "device_sign_in_used",
        _t("Signed in on another device"),
        _t(
            "Another device was signed in as %(subject)s, who had approved it "
            "(address %(device_address)s, %(device_agent)s)."
        ),
        _t("The device whose sign-in you approved is signed in as you (address %(device_address)s, %(device_agent)s)."),
    ),
    Kind(
        "device_sign_in_expired",
        _t("Sign-in on another device expired"),
        _t(
            "A sign-in on another device that %(subject)s had looked at ran out of time "
            "(address %(device_address)s, %(device_agent)s)."
        ),
        _t(
            "A sign-in on another device that you had looked at ran out of time "
            "(address %(device_address)s, %(device_agent)s)."
        ),
    ),
)
