"""What the configuration makes of pages and mails: settings that are computed from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from . import colours
from .values import value

_HOMES: Final = {"account": "hearthkey_accounts:account", "apps": "/account/apps/"}
_KINDS: Final = {
    "mail.new_sign_in": "new_sign_in",
    "mail.passkey_added": "passkey_added",
    "mail.passkey_removed": "passkey_removed",
    "mail.code_notices": "login_code_notice",
    "mail.email_changed": "email_changed",
}
LIGHT_LOGO: Final = "general.logo_light"
DARK_LOGO: Final = "general.logo_dark"
#: Where each logo is served.
PATHS: Final = {LIGHT_LOGO: "/look/logo-light", DARK_LOGO: "/look/logo-dark"}


@dataclass(frozen=True, slots=True)
class Look:
    """What pages show of this instance; the empty text is for Hearthkey's own."""

    colour: str
    logo: str
    dark_logo: str

    @property
    def stylesheet(self) -> str:
        return f"/look/site.css?v={self.colour.removeprefix('#')}" if self.colour else ""

    @property
    def admin_stylesheet(self) -> str:
        return f"/look/admin.css?v={self.colour.removeprefix('#')}" if self.colour else ""


def look() -> Look:
    """Return how pages look now."""
    return Look(colour=value("general.colour"), logo=_logo(LIGHT_LOGO) or _logo(DARK_LOGO), dark_logo=_logo(DARK_LOGO))


def home_page() -> str:
    """Return where people are led who are heading nowhere: a view's name or a path."""
    return _HOMES[value("general.home_page")]


def mail_colour() -> str | None:
    """Return the colour of mails, which white text can be read on and which can be read on white; None for the usual."""
    colour: str = value("general.colour")
    return colours.button_of(colour) if colour else None


def mail_logo_url() -> str | None:
    """Return the address of the logo in mails; None for none."""
    path = _logo(LIGHT_LOGO)
    return f"{settings.APP_URL}{path}" if path else None


def mail_kinds_off() -> frozenset[str]:
    """Return the kinds of mail that are switched off."""
    return frozenset(kind for key, kind in _KINDS.items() if not value(key))


def _logo(key: str) -> str:
    version: str = value(key)
    return f"{PATHS[key]}?v={version}" if version else ""
