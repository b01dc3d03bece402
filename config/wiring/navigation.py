"""The pages of the account, in the order in which people find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    view: str
    label: Promise
    text: Promise


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``current`` is the value of ``aria-current``: *page* for this page, *true* for one below it, else empty.

    ``key`` names the icon; ``text`` says in a few words what the page is for.
    """

    key: str
    url: str
    label: str
    text: str
    current: str


_ENTRIES: Final = (
    _Entry("overview", "hearthkey_accounts:account", _("Overview"), _("Everything at a glance")),
    _Entry("profile", "hearthkey_accounts:profile", _("Profile"), _("Your names, address and picture")),
    _Entry("passkeys", "hearthkey_passkeys:passkey-list", _("Passkeys"), _("How you sign in")),
    _Entry("sessions", "hearthkey_accounts:sessions", _("Sessions"), _("Where you are signed in")),
    _Entry("apps", "hearthkey_oidc_clients:apps", _("Apps"), _("What you can open, and what it may see")),
    _Entry("activity", "hearthkey_audit:activity", _("Activity"), _("What happened with your account")),
)
#: Steps on the way to somewhere else: nothing on them should lead away.
_STEPS: Final = ("hearthkey_passkeys:step-up", "hearthkey_passkeys:passkey-first")


def is_account_page(request: HttpRequest) -> bool:
    """Return whether a request is for the account, and for no step on the way to somewhere else."""
    match = request.resolver_match
    root = reverse("hearthkey_accounts:account")
    return request.path.startswith(root) and (match is None or match.view_name not in _STEPS)


def account_pages(path: str) -> tuple[AccountPage, ...]:
    """Return the pages of the account, seen from ``path``."""
    found = []
    for entry in _ENTRIES:
        try:
            url = reverse(entry.view)
        except NoReverseMatch:
            # A site may leave an app out.
            continue
        is_below = entry.key != "overview" and path.startswith(url)
        current = "page" if path == url else ("true" if is_below else "")
        found.append(AccountPage(entry.key, url, str(entry.label), str(entry.text), current))
    return tuple(found)
