"""What members say of themselves: addresses they prove, and pictures."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "email_verification_sent",
        _t("Verification mail sent"),
        _t("A link that verifies the address of %(subject)s was sent to %(address)s."),
        _t("We sent you a link to verify %(address)s."),
    ),
    Kind(
        "email_verified",
        _t("Address verified"),
        _t("%(subject)s verified the address %(address)s."),
        _t("You verified your address %(address)s."),
    ),
    Kind(
        "email_verification_refused",
        _t("Verification link refused"),
        _t("A link to verify an address was refused: %(reason)s."),
        _t("A link to verify your address was refused: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "picture_changed",
        _t("Picture changed"),
        _t("The picture of %(subject)s was changed."),
        _t("Your picture was changed."),
    ),
    Kind(
        "picture_removed",
        _t("Picture removed"),
        _t("The picture of %(subject)s was removed."),
        _t("Your picture was removed."),
    ),
)
