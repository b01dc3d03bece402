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
        _t("Signed in at set-up"),
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
    *(
        Kind("login_code_created", _t("One-time code made"), operator, member, when={"how": how})
        for how, operator, member in (
            (
                "shown",
                _t("%(actor)s made a one-time sign-in code for %(subject)s and was shown it."),
                _t("%(actor)s made a one-time sign-in code for you."),
            ),
            (
                "mailed",
                _t("%(actor)s made a one-time sign-in code for %(subject)s, to be mailed."),
                _t("%(actor)s made a one-time sign-in code for you, to be mailed."),
            ),
            (
                "command",
                _t("A one-time sign-in code for %(subject)s was made at the command line."),
                _t("A one-time sign-in code for you was made at the service's command line."),
            ),
            (
                "requested",
                _t("%(subject)s, or somebody else, asked for a one-time sign-in code by mail."),
                _t("You, or somebody else, asked for a one-time sign-in code by mail."),
            ),
        )
    ),
    Kind(
        "login_code_created",
        _t("One-time code made"),
        _t("A one-time sign-in code was made for %(subject)s."),
        _t("A one-time sign-in code was made for you."),
    ),
    Kind(
        "login_code_sent",
        _t("One-time code mailed on request"),
        _t("A one-time sign-in code was mailed to %(to)s, asked for from %(from_address)s."),
        _t("A one-time sign-in code was mailed to you at %(to)s, asked for from %(from_address)s."),
        when={"how": "requested"},
    ),
    Kind(
        "login_code_sent",
        _t("One-time code mailed"),
        _t("%(actor)s mailed a one-time sign-in code to %(subject)s at %(to)s."),
        _t("%(actor)s mailed a one-time sign-in code to you at %(to)s."),
    ),
    Kind(
        "login_codes_withdrawn",
        _t("One-time codes withdrawn"),
        _t("One-time sign-in codes of %(subject)s were withdrawn (%(count)s): %(reason)s."),
        _t("Your one-time sign-in codes were withdrawn (%(count)s)."),
    ),
    Kind(
        "login_codes_paused",
        _t("Sign-in codes are guessed"),
        _t("%(wrong)s wrong sign-in codes were typed within an hour: codes pause a minute after each further one."),
        is_refusal=True,
    ),
    *(
        Kind("login_code_used", _t("One-time code used"), operator, member, when={"how": how})
        for how, operator, member in (
            (
                "command",
                _t("%(subject)s used a one-time sign-in code from the command line."),
                _t("A one-time sign-in code from the service's command line was used to sign in as you."),
            ),
            (
                "requested",
                _t("%(subject)s used a one-time sign-in code that was asked for by mail."),
                _t("The one-time sign-in code that was mailed to you was used."),
            ),
        )
    ),
    Kind(
        "login_code_used",
        _t("One-time code used"),
        _t("%(subject)s used a one-time sign-in code that %(maker_name)s made."),
        _t("The one-time sign-in code that %(maker_name)s made for you was used."),
    ),
    Kind(
        "login_code_refused",
        _t("One-time code refused"),
        _t("A one-time sign-in code was refused: %(reason)s."),
        _t("A one-time sign-in code for you was refused: %(reason)s."),
        is_refusal=True,
    ),
)
