"""Passkeys that come and go."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "passkey_registered",
        _t("Passkey added"),
        _t("%(subject)s added the passkey “%(name)s”."),
        _t("You added the passkey “%(name)s”."),
    ),
    Kind(
        "passkey_renamed",
        _t("Passkey renamed"),
        _t("%(subject)s renamed the passkey “%(old_name)s” to “%(new_name)s”."),
        _t("You renamed your passkey “%(old_name)s” to “%(new_name)s”."),
    ),
    Kind(
        "passkey_removed",
        _t("Passkey removed"),
        _t("The passkey “%(name)s” of %(subject)s was removed; %(left)s left."),
        _t("Your passkey “%(name)s” was removed."),
    ),
    Kind(
        "backup_state_changed",
        _t("Passkey backed up"),
        _t("The passkey “%(name)s” of %(subject)s is kept in a backup from now on."),
        _t("Your passkey “%(name)s” is kept in a backup from now on."),
        when={"backed_up": True},
    ),
    Kind(
        "backup_state_changed",
        _t("Passkey's backup changed"),
        _t("The passkey “%(name)s” of %(subject)s is kept in no backup any more."),
        _t("Your passkey “%(name)s” is kept in no backup any more."),
    ),
)
