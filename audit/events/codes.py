"""One-time sign-in codes: who made them, where they went, and what became of them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _t

from .kind import Kind

KINDS = (
    Kind(
        "login_code_created",
        _t("One-time code made and shown"),
        _t("%(actor)s made a one-time sign-in code for %(subject)s and was shown it."),
        _t("%(actor)s made a one-time sign-in code for you."),
        when={"how": "shown"},
    ),
    Kind(
        "login_code_created",
        _t("One-time code made for a mail"),
        _t("%(actor)s made a one-time sign-in code for %(subject)s, to be mailed."),
        _t("%(actor)s made a one-time sign-in code for you, to be mailed."),
        when={"how": "mailed"},
    ),
    Kind(
        "login_code_created",
        _t("One-time code made at the command line"),
        _t("A one-time sign-in code for %(subject)s was made at the command line."),
        _t("A one-time sign-in code for you was made at the service's command line."),
        when={"how": "command"},
    ),
    Kind(
        "login_code_created",
        _t("One-time code requested"),
        _t("%(subject)s, or somebody else, asked for a one-time sign-in code by mail."),
        _t("You, or somebody else, asked for a one-time sign-in code by mail."),
        when={"how": "requested"},
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
        "login_code_used",
        _t("One-time code from the command line used"),
        _t("%(subject)s used a one-time sign-in code from the command line."),
        _t("A one-time sign-in code from the service's command line was used to sign in as you."),
        when={"how": "command"},
    ),
    Kind(
        "login_code_used",
        _t("One-time code from a mail used"),
        _t("%(subject)s used a one-time sign-in code that was asked for by mail."),
        _t("The one-time sign-in code that was asked for by mail was used to sign in as you."),
        when={"how": "requested"},
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
    Kind(
        "login_codes_paused",
        _t("Sign-in codes are guessed"),
        _t("%(wrong)s wrong sign-in codes were typed within an hour: codes pause a minute after each further one."),
        is_refusal=True,
    ),
)
