"""What every page says of a session that no passkey began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from passkeys.core.session_entry import KEY, SessionEntry, read_entry
from passkeys.services.register import has_passkey, is_spent, may_enrol_here
from passkeys.views.destinations import step_up_url

_TITLES: Final[Mapping[str, str | Promise]] = {
    "setup": _t("You signed in without a passkey."),
    "code": _t("You signed in with a one-time code."),
    "device": _t("You signed in with another device."),
}


@dataclass(frozen=True)
class Banner:
    """``add_url`` adds a passkey, ``confirm_url`` uses one that is there; at most one of them is set."""

    title: str
    text: str
    add_url: str = ""
    confirm_url: str = ""


def session_banner(request: HttpRequest) -> Banner | None:
    """Return what to say of this session, None where there is nothing to say."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    raw = request.session.get(KEY)
    entry = read_entry(raw)
    if entry is None or entry.is_of_passkey or entry.method not in _TITLES:
        return None
    title = str(_TITLES[entry.method])
    texts = [_end(raw)]
    if may_enrol_here(user=user, entry=entry) and not is_spent(entry):
        if not has_passkey(user=user):
            texts.append(_("Without a passkey you can't sign in again once you have left."))
        return Banner(title, " ".join(texts), add_url=_page_to_add(request))
    if not has_passkey(user=user):
        texts.append(_("To add a passkey, ask the person who runs this service for a code."))
        return Banner(title, " ".join(texts))
    texts.append(_why_not(entry))
    return Banner(title, " ".join(texts), confirm_url=_page_to_confirm(request))


def _end(raw: Any) -> str:
    ends = raw.get("ends") if isinstance(raw, Mapping) else None
    if not isinstance(ends, int | float):
        return ""
    at = formats.date_format(datetime.fromtimestamp(ends, UTC), "j F, H:i")
    return _("It ends at %(at)s UTC at the latest, and what is protected stays closed.") % {"at": at}


def _why_not(entry: SessionEntry) -> str:
    if entry.method == "code" and entry.source == "mail":
        return _(
            "A code that came by mail can't add a passkey to an account that has one: use one that you have, or ask "
            "the person who runs this service for a code."
        )
    return _("To change anything that is protected, use a passkey that you have.")


def _page_to_add(request: HttpRequest) -> str:
    page = reverse("hearthkey_passkeys:passkey-first")
    return "" if request.path == page else f"{page}?{urlencode({'next': _here(request)})}"


def _page_to_confirm(request: HttpRequest) -> str:
    page = step_up_url(_here(request))
    return "" if request.path == page.partition("?")[0] else page


def _here(request: HttpRequest) -> str:
    """Return the page to come back to: this one, unless it is the answer to something that was sent."""
    return request.get_full_path() if request.method == "GET" else reverse("hearthkey_accounts:account")
