"""Settings of this app, ``HEARTHKEY_ACCOUNTS_<NAME>``, each a value or a callable without arguments, read on use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.utils.crypto import salted_hmac


def _read(name: str, default: Any) -> Any:
    value = getattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", default)
    return value() if callable(value) else value


def session_idle() -> timedelta:
    """How long a session lives without use; 24 hours, so that daily visitors stay signed in."""
    return cast(timedelta, _read("SESSION_IDLE", timedelta(hours=24)))


def session_absolute() -> timedelta:
    """How long a session lives at all; 14 days. A stolen cookie is of no use after that."""
    return cast(timedelta, _read("SESSION_ABSOLUTE", timedelta(days=14)))


def code_session_lifetime() -> timedelta:
    """How long a session lives at most that no passkey began; 12 hours, a day's work."""
    return cast(timedelta, _read("CODE_SESSION_LIFETIME", timedelta(hours=12)))


def step_up_window() -> timedelta:
    """How old the last use of a passkey may be for a protected change; 15 minutes. Zero asks for one at each change."""
    return cast(timedelta, _read("STEP_UP_WINDOW", timedelta(minutes=15)))


def codes_by_mail() -> bool:
    """Whether members may ask for a sign-in code by mail; no: whoever reads their mail could then be them."""
    return bool(_read("CODES_BY_MAIL", False))


def other_device() -> bool:
    """Whether people may sign in on one device by approving it on another; yes."""
    return bool(_read("OTHER_DEVICE", True))


def sign_up() -> str:
    """Who makes an account by themselves: nobody (``off``), who has a link (``link``), or everybody (``open``).

    Anything else is taken for ``off``.
    """
    mode = str(_read("SIGN_UP", "off"))
    return mode if mode in {"link", "open"} else "off"


def login_code_lifetime() -> timedelta:
    """How long a one-time code works where nobody chose otherwise; one hour."""
    return cast(timedelta, _read("LOGIN_CODE_LIFETIME", timedelta(hours=1)))


def sign_in_request_lifetime() -> timedelta:
    """How long another device waits to be approved; 5 minutes, time to find a phone but not to write to a stranger."""
    return cast(timedelta, _read("SIGN_IN_REQUEST_LIFETIME", timedelta(minutes=5)))


def device_session_lifetime() -> timedelta:
    """How long a session lives at most that was approved on another device; 24 hours."""
    return cast(timedelta, _read("DEVICE_SESSION_LIFETIME", timedelta(hours=24)))


def once_session_lifetime() -> timedelta:
    """How long it lives where whoever approved said *once*; one hour."""
    return cast(timedelta, _read("ONCE_SESSION_LIFETIME", timedelta(hours=1)))


def device_code_page() -> str:
    """Where the code of another device is typed: a URL or a view's name; empty where people can only scan."""
    return str(_read("DEVICE_CODE_PAGE", ""))


def setup_open() -> bool:
    """Whether the wizard asks for no token at all; true suits a service that only this computer reaches."""
    return bool(_read("SETUP_OPEN", False))


def setup_window() -> timedelta:
    """How long after the start the wizard asks for no token; 15 minutes, as installation guides expect."""
    return cast(timedelta, _read("SETUP_WINDOW", timedelta(minutes=15)))


def setup_token() -> str:
    """The token that opens the wizard after that; by default one that ``setup_link`` prints, derived from SECRET_KEY.

    Empty means that the wizard then stays closed.
    """
    value = _read("SETUP_TOKEN", None)
    if value is not None:
        return str(value)
    return salted_hmac("hearthkey.accounts.setup", "token", algorithm="sha256").hexdigest()[:40]


def setup_token_is_fixed() -> bool:
    """Whether an operator chose the token; the wizard is then never open without it."""
    return bool(_read("SETUP_TOKEN_FIXED", False))


def after_setup_url() -> str:
    """Where somebody goes whose account was made a moment ago: a URL or a view's name.

    ``next`` goes with them when they were heading for another page.
    """
    return str(_read("AFTER_SETUP_URL", "hearthkey_accounts:account"))


def home_url() -> str:
    """Where ``/`` leads who is signed in: a URL or a view's name."""
    return str(_read("HOME_URL", "hearthkey_accounts:account"))


def base_url() -> str:
    """The service's own address without a trailing slash, for links that commands print."""
    return str(_read("BASE_URL", ""))


def emails_verified() -> bool:
    """Whether email addresses entered by administrators count as verified."""
    return bool(_read("EMAILS_VERIFIED", False))


def email_verification_lifetime() -> timedelta:
    """How long a mailed link that verifies an address works; 24 hours, so that a mail may be read the next morning."""
    return cast(timedelta, _read("EMAIL_VERIFICATION_LIFETIME", timedelta(hours=24)))


def own_editing() -> bool:
    """Whether members change their own names, address and picture; false suits a site whose directory knows better."""
    return bool(_read("OWN_EDITING", True))


def user_name_editing() -> bool:
    """Whether members change their own user name; clients that find people by it take a renamed one for a stranger."""
    return bool(_read("USER_NAME_EDITING", True))


def sign_up_groups() -> tuple[Any, ...]:
    """Primary keys of the groups that newcomers join unless their link names others; roles among them are left out."""
    return tuple(_read("SIGN_UP_GROUPS", ()) or ())


def email_required() -> bool:
    """Whether a member may not be without an address."""
    return bool(_read("EMAIL_REQUIRED", False))


def adapter_path(name: str) -> str | None:
    """Dotted path of an adapter, ``HEARTHKEY_ACCOUNTS_<name>``, or None for the default of ``adapters.py``."""
    return cast("str | None", getattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", None))
