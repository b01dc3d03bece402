"""How people sign in, and how they are refused."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "passkey_used",
        _t("Signed in with a passkey"),
        _t("%(subject)s signed in with the passkey “%(name)s”."),
        _t("You signed in with your passkey “%(name)s”."),
        when={"purpose": "sign_in"},
    ),
    Kind(
        "passkey_used",
        _t("Confirmed with a passkey"),
        _t("%(subject)s confirmed with the passkey “%(name)s”."),
        _t("You confirmed that it is you with your passkey “%(name)s”."),
        when={"purpose": "step_up"},
    ),
    Kind(
        "passkey_used",
        _t("Passkey used"),
        _t("%(subject)s used the passkey “%(name)s”."),
        _t("You used your passkey “%(name)s”."),
    ),
    Kind(
        "passkey_refused",
        _t("Passkey refused while it was added"),
        _t("A new passkey was refused: %(reason)s."),
        _t("A new passkey could not be added: %(reason)s."),
        when={"purpose": "register"},
        is_refusal=True,
    ),
    Kind(
        "passkey_refused",
        _t("Passkey not removed"),
        _t("A passkey was not removed: %(reason)s."),
        _t("A passkey was not removed: %(reason)s."),
        when={"purpose": "remove"},
        is_refusal=True,
    ),
    Kind(
        "passkey_refused",
        _t("Confirmation refused"),
        _t("A confirmation with a passkey was refused: %(reason)s."),
        _t("A confirmation with a passkey was refused: %(reason)s."),
        when={"purpose": "step_up"},
        is_refusal=True,
    ),
    Kind(
        "passkey_refused",
        _t("Sign-in failed"),
        _t("A sign-in with a passkey failed: %(reason)s."),
        _t("A sign-in with a passkey failed: %(reason)s."),
        when={"purpose": "sign_in"},
        is_refusal=True,
    ),
    Kind(
        "passkey_refused",
        _t("Passkey refused"),
        _t("A passkey was refused: %(reason)s."),
        _t("A passkey was refused: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "signed_in",
        _t("Signed in with a one-time code"),
        _t("%(subject)s signed in with a one-time code."),
        _t("You signed in with a one-time code."),
        when={"method": "code"},
    ),
    Kind(
        "signed_in",
        _t("Signed in by another device"),
        _t("%(subject)s signed in with the help of another device."),
        _t("You signed in with the help of another device."),
        when={"method": "device"},
    ),
    Kind(
        "signed_in",
        _t("Signed in at sign-up"),
        _t("%(subject)s signed in by making their account."),
        _t("You signed in by making your account."),
        when={"method": "setup", "source": "sign_up"},
    ),
    Kind(
        "signed_in",
        _t("Signed in at setup"),
        _t("%(subject)s signed in by setting this service up."),
        _t("You signed in by setting this service up."),
        when={"method": "setup"},
    ),
    Kind("signed_in", _t("Signed in"), _t("%(subject)s signed in."), _t("You signed in.")),
    Kind("signed_out", _t("Signed out"), _t("%(subject)s signed out."), _t("You signed out.")),
    Kind(
        "session_ended",
        _t("Sessions ended"),
        _t("Sessions of %(subject)s were ended (%(count)s): %(reason)s."),
        _t("You were signed out elsewhere (%(count)s): %(reason)s."),
    ),
    Kind(
        "signed_out_everywhere",
        _t("Signed out everywhere"),
        _t("%(subject)s was signed out everywhere, at all apps too."),
        _t("You were signed out everywhere, at all apps too."),
    ),
)
