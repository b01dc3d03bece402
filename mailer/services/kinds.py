"""The kinds of mail: what each is called, how long it is worth sending, and which variables it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import conf
from ..exceptions import UnknownKind

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail. Its templates are ``hearthkey/mailer/<name>.subject.txt``, ``.txt`` and ``.html``.

    After ``lifetime`` a mail that could not be sent is given up; one that carries ``expires_at`` goes then at the latest.
    ``sample`` shows each variable with a value, for previews. The variables named in ``secrets`` open an account: no
    error may repeat them.
    """

    name: str
    title: str | Promise
    lifetime: timedelta = 3 * _DAY
    sample: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


#: What mails about a member may always name.
_MEMBER: Final = {
    "name": "Ada Lovelace",
    "user_name": "ada",
    "account_url": "https://id.example.com/account/",
    "base_url": "https://id.example.com",
}
_FROM_WHERE: Final = {
    "device": "Firefox on Windows",
    "place": "Zürich, Switzerland",
    "address": "203.0.113.7",
    "happened_at": "2026-05-01T12:00:00+00:00",
}
_CODE: Final = {"link": "https://id.example.com/lc/Zm9yIHRoZSBwcmV2aWV3IG9ubHk", "code": "4F7K-9RTX-WM3P"}
_UNTIL: Final = {"expires_at": "2026-05-01T13:00:00+00:00"}

_OWN: Final = (
    Kind("new_sign_in", _("Sign-in from a new device or place"), sample={**_MEMBER, **_FROM_WHERE}),
    Kind(
        "passkey_added",
        _("Passkey added"),
        sample={**_MEMBER, **_FROM_WHERE, "passkey": "Ada’s phone"},
    ),
    Kind(
        "passkey_removed",
        _("Passkey removed"),
        sample={**_MEMBER, **_FROM_WHERE, "passkey": "Ada’s old phone", "by": "olga"},
    ),
    Kind(
        "login_code",
        _("Sign-in code from an administrator"),
        7 * _DAY,
        {**_MEMBER, **_CODE, **_UNTIL, "by": "olga"},
        ("link", "code"),
    ),
    Kind(
        "login_code_requested",
        _("Requested sign-in code"),
        timedelta(minutes=15),
        {**_MEMBER, **_FROM_WHERE, **_CODE, **_UNTIL, "code": "9RT-XWM"},
        ("link", "code"),
    ),
    Kind(
        "login_code_notice",
        _("Sign-in code created, sent or used"),
        sample={**_MEMBER, **_FROM_WHERE, "what": "used", "by": "olga"},
    ),
    Kind(
        "verify_email",
        _("Verify an email address"),
        _DAY,
        {**_MEMBER, "link": "https://id.example.com/verify-email/Zm9yIHRoZSBwcmV2aWV3IG9ubHk"},
        ("link",),
    ),
    Kind(
        "email_changed",
        _("Email address changed"),
        sample={**_MEMBER, "old": "ada@example.com", "new": "ada.lovelace@example.org"},
    ),
    Kind("test", _("Test mail"), _HOUR, {**_MEMBER, "by": "olga"}),
)


def kinds() -> dict[str, Kind]:
    """Return every kind by its name; the site's own of ``HEARTHKEY_MAILER_KINDS`` win over the app's."""
    return {kind.name: kind for kind in (*_OWN, *conf.kinds())}


def kind_of(name: str) -> Kind:
    """Return the kind of this name.

    :raises UnknownKind: there is none.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise UnknownKind(f"no kind of mail is called {name!r}") from None
