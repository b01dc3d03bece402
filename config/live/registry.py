"""Every key of the application configuration, in the order of its page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from .kinds import Address, Choice, Colour, Duration, Groups, HostName, Number, Picture, Secret, Switch, Text
from .setting import Section, Setting

#: The incumbent's names for colours.
PRESETS: Final = {
    "default": "",
    "rose": "#e11d48",
    "orange": "#ea580c",
    "amber": "#d97706",
    "green": "#16a34a",
    "teal": "#0d9488",
    "blue": "#2563eb",
    "purple": "#9333ea",
}


GENERAL = Section(
    "general",
    _("General"),
    (
        Setting(
            key="general.name",
            kind=Text(longest=50, is_required=True),
            default="Hearthkey",
            variable="APP_NAME",
            label=_("Name"),
            help=_("On every page, in mails, and where a browser asks for a passkey."),
            doc="What this service is called: on pages, in mails, and where a browser asks for a passkey.",
        ),
        Setting(
            key="general.colour",
            kind=Colour(presets=PRESETS),
            default="",
            variable="ACCENT_COLOR",
            label=_("Colour"),
            help=_(
                "Of buttons and links, such as #2563eb; empty for Hearthkey's own. Where it would be hard to read, a "
                "lighter or darker shade is used."
            ),
            doc="The colour of buttons and links. A shade that can be read is used on light and on dark pages.",
            shown_default="Hearthkey's own",
        ),
        Setting(
            key="general.logo_light",
            kind=Picture(base=Path(__file__).resolve().parent.parent.parent),
            default="",
            variable="LOGO_LIGHT_PATH",
            label=_("Logo"),
            help=_("PNG, JPEG or WebP, at most 2 MB. Shown on light pages and in mails."),
            doc="The logo for light pages and for mails.",
            shown_default="Hearthkey's own",
        ),
        Setting(
            key="general.logo_dark",
            kind=Picture(base=Path(__file__).resolve().parent.parent.parent),
            default="",
            variable="LOGO_DARK_PATH",
            label=_("Logo for dark pages"),
            help=_("Shown in dark mode. Without one, the other logo is shown."),
            doc="The logo for dark pages.",
            shown_default="as `LOGO_LIGHT_PATH`",
        ),
        Setting(
            key="general.home_page",
            kind=Choice(
                labels={"account": _("The account"), "apps": _("The list of apps")},
                aliases={
                    "/account/": "account",
                    "/settings/account": "account",
                    "/account/apps/": "apps",
                    "/settings/apps": "apps",
                },
            ),
            default="account",
            variable="HOME_PAGE_URL",
            label=_("Home page"),
            help=_("The page that members see after signing in, or when they open the bare address."),
            doc="The page that members see after signing in, or when they open `/`.",
        ),
    ),
)

PEOPLE = Section(
    "people",
    _("People"),
    (
        Setting(
            key="people.own_account_editing",
            kind=Switch(),
            default=True,
            variable="ALLOW_OWN_ACCOUNT_EDIT",
            label=_("Members can change their own name, email and picture"),
            doc="Whether members can change their own account.",
        ),
        Setting(
            key="people.user_name_editing",
            kind=Switch(),
            default=True,
            variable="ALLOW_USER_NAME_EDIT",
            label=_("Members can change their own username"),
            help=_("Apps that identify members by username may treat a renamed member as someone else."),
            doc="Whether members can change their own username.",
        ),
        Setting(
            key="people.email_required",
            kind=Switch(),
            default=False,
            variable="REQUIRE_USER_EMAIL",
            label=_("Every member needs an email address"),
            doc="Whether every member needs an email address.",
        ),
        Setting(
            key="people.emails_verified",
            kind=Switch(),
            default=False,
            variable="EMAILS_VERIFIED",
            label=_("Email addresses entered by administrators count as verified"),
            help=_("Apps then trust them. An address that a member enters still has to be verified."),
            doc="Whether email addresses entered by administrators count as verified.",
        ),
        Setting(
            key="people.sign_up",
            kind=Choice(
                labels={"off": _("Nobody"), "link": _("Who has a link"), "open": _("Everybody")},
                aliases={"disabled": "off", "withToken": "link"},
            ),
            default="off",
            variable="ALLOW_USER_SIGNUPS",
            label=_("Sign-up"),
            help=_("Create links under “Sign-up links”."),
            doc="Who can sign up: no one, anyone with a sign-up link, or everyone.",
        ),
        Setting(
            key="people.default_groups",
            kind=Groups(),
            default=(),
            variable="SIGNUP_DEFAULT_USER_GROUP_IDS",
            label=_("Groups for new members"),
            help=_("Members who sign up join these groups."),
            doc="The groups that members who sign up join. Roles among them are left out.",
            shown_default="none",
        ),
        Setting(
            key="people.codes_by_mail",
            kind=Switch(),
            default=False,
            variable="EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED",
            label=_("Members can request a sign-in code by email"),
            warning=_(
                "Anyone who reads a member's email can then sign in as that member, without a passkey. Leave this off "
                "unless members would be locked out otherwise."
            ),
            doc="Whether members can request a sign-in code by email. Anyone who reads their email can then sign in as them.",
        ),
        Setting(
            key="people.other_device",
            kind=Switch(),
            default=True,
            variable="ALLOW_OTHER_DEVICE_SIGN_IN",
            label=_("Members can sign in with another device"),
            help=_("A device without a passkey shows a code, which they confirm on a device where they're signed in."),
            doc="Whether members can sign in with another device where they're signed in.",
        ),
    ),
)

SESSIONS = Section(
    "sessions",
    _("Sessions"),
    (
        Setting(
            key="sessions.idle",
            kind=Duration(timedelta(minutes=5), timedelta(days=400)),
            default=timedelta(hours=24),
            variable="SESSION_IDLE_TIMEOUT",
            label=_("Sign out after inactivity of"),
            help=_("For example “24 hours” or “7 days”. Also applies to members who are already signed in."),
            doc="How long a session lasts without activity.",
        ),
        Setting(
            key="sessions.absolute",
            kind=Duration(timedelta(minutes=5), timedelta(days=400)),
            default=timedelta(days=14),
            variable="SESSION_DURATION",
            label=_("Sign out in any case after"),
            help=_("For example “14 days”. Applies from the next sign-in."),
            doc="How long somebody stays signed in at all. As with the incumbent it does not slide.",
        ),
        Setting(
            key="sessions.step_up_window",
            kind=Duration(timedelta(0), timedelta(hours=24)),
            default=timedelta(minutes=15),
            variable="STEP_UP_WINDOW",
            label=_("Ask for the passkey again after"),
            help=_("For example “15 minutes”. Before sensitive changes; “0 minutes” asks every time."),
            doc="How recently a passkey must have been used for a sensitive change; 0 asks every time.",
        ),
    ),
)

PASSKEYS = Section(
    "passkeys",
    _("Passkeys"),
    (
        Setting(
            key="passkeys.user_verification",
            kind=Choice(labels={"required": _("Always"), "preferred": _("Where the device can")}),
            default="required",
            variable="WEBAUTHN_USER_VERIFICATION",
            label=_("Ask for a fingerprint, face or PIN"),
            help=_("With “Where the device can”, a stolen security key without a PIN is enough to sign in."),
            doc="Whether a passkey always needs a fingerprint, face or PIN. With `preferred`, a stolen security key without a "
            "PIN is enough to sign in.",
        ),
        Setting(
            key="passkeys.synced",
            kind=Switch(),
            default=True,
            variable="WEBAUTHN_ALLOW_SYNCED_PASSKEYS",
            label=_("Passkeys may be synced between devices"),
            help=_(
                "Phones and password managers sync theirs; security keys don't. Switched off, no new ones are taken; "
                "those that exist keep working."
            ),
            doc="Whether new passkeys may be synced between devices, as phones and password managers do. Passkeys that exist "
            "keep working.",
        ),
        Setting(
            key="passkeys.attachment",
            kind=Choice(
                labels={
                    "any": _("Anywhere"),
                    "platform": _("On the device itself"),
                    "cross-platform": _("On security keys and phones"),
                }
            ),
            default="any",
            variable="WEBAUTHN_AUTHENTICATOR_ATTACHMENT",
            label=_("Where new passkeys are kept"),
            doc="Where new passkeys are kept: anywhere, on the device itself, or on security keys and phones.",
        ),
    ),
)

MAIL = Section(
    "mail",
    _("Mail"),
    (
        Setting(
            key="mail.host",
            kind=HostName(),
            default="",
            variable="SMTP_HOST",
            label=_("Server"),
            help=_("Such as smtp.example.com. Without one, no mail is sent."),
            doc="The mail server. Without one, no mail is sent.",
        ),
        Setting(
            key="mail.port",
            kind=Number(1, 65535),
            default=587,
            variable="SMTP_PORT",
            label=_("Port"),
            help=_("Usually 587 with STARTTLS, 465 with TLS, 25 with neither."),
            doc="The mail server's port.",
        ),
        Setting(
            key="mail.security",
            kind=Choice(
                labels={"starttls": _("STARTTLS"), "tls": _("TLS from the start"), "none": _("None, in the clear")}
            ),
            default="starttls",
            variable="SMTP_TLS",
            label=_("Encryption"),
            help=_("With none, anyone on the network can read sign-in codes and the password."),
            doc="How the connection to the mail server is encrypted.",
        ),
        Setting(
            key="mail.verify_certificate",
            kind=Switch(is_negated=True),
            default=True,
            variable="SMTP_SKIP_CERT_VERIFY",
            label=_("Check the server's certificate"),
            warning=_("Switch this off only for a server on your own network with a self-signed certificate."),
            doc="Whether the mail server's certificate is taken unchecked.",
            shown_default="false",
        ),
        Setting(
            key="mail.user",
            kind=Text(longest=254),
            default="",
            variable="SMTP_USER",
            label=_("Username"),
            help=_("Leave empty if the server requires none."),
            doc="The username for the mail server.",
        ),
        Setting(
            key="mail.password",
            kind=Secret(),
            default="",
            variable="SMTP_PASSWORD",
            label=_("Password"),
            help=_("It is stored encrypted and never shown again."),
            doc="The password at the mail server. `SMTP_HOST` has to be set with it.",
        ),
        Setting(
            key="mail.from",
            kind=Address(),
            default="",
            variable="SMTP_FROM",
            label=_("Sender's address"),
            help=_("Such as login@example.com. The sender's name is the name of this service."),
            doc="The address that mails come from.",
        ),
        Setting(
            key="mail.new_sign_in",
            kind=Switch(),
            default=True,
            variable="EMAIL_LOGIN_NOTIFICATION_ENABLED",
            label=_("Tell members of a sign-in from a new device or place"),
            doc="Whether members get a mail about a sign-in from a new device or place.",
        ),
        Setting(
            key="mail.passkey_added",
            kind=Switch(),
            default=True,
            variable="EMAIL_PASSKEY_ADDED_ENABLED",
            label=_("Tell members of a new passkey"),
            doc="Whether members get a mail about a new passkey of theirs.",
        ),
        Setting(
            key="mail.passkey_removed",
            kind=Switch(),
            default=True,
            variable="EMAIL_PASSKEY_REMOVED_ENABLED",
            label=_("Tell members of a passkey that was removed"),
            doc="Whether members get a mail about a passkey of theirs that was removed.",
        ),
        Setting(
            key="mail.code_notices",
            kind=Switch(),
            default=True,
            variable="EMAIL_CODE_NOTICES_ENABLED",
            label=_("Tell members of sign-in codes that are made or used for them"),
            doc="Whether members get a mail about sign-in codes that are made or used for them.",
        ),
        Setting(
            key="mail.email_changed",
            kind=Switch(),
            default=True,
            variable="EMAIL_ADDRESS_CHANGED_ENABLED",
            label=_("Tell members at their old address when it changes"),
            doc="Whether members get a mail at their old address when it changes.",
        ),
    ),
)

SECTIONS: Final = (GENERAL, PEOPLE, SESSIONS, PASSKEYS, MAIL)
SETTINGS: Final = {setting.key: setting for section in SECTIONS for setting in section.settings}
