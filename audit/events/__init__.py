"""What each event is called and how people read it: the one enumeration of events.

An event is found by its name and, where one name tells several stories, by its data: the first kind that fits is
taken. A name that stands nowhere here is shown as it is, so a site's own events need no entry to be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from .. import conf
from . import clients, codes, devices, members, passkeys, profile, protocol, service, signing_in
from .kind import Kind

__all__ = ["Kind", "by_key", "kind_of", "kinds", "names_for_members", "values"]

_OWN = (
    *signing_in.KINDS,
    *codes.KINDS,
    *passkeys.KINDS,
    *members.KINDS,
    *profile.KINDS,
    *devices.KINDS,
    *clients.KINDS,
    *protocol.KINDS,
    *service.KINDS,
)

_BY_NAME: dict[str, list[Kind]] = {}
for _kind in _OWN:
    _BY_NAME.setdefault(_kind.name, []).append(_kind)

_REASONS = {
    "ended_by_member": _t("from the list of sessions"),
    "ended_by_operator": _t("by an administrator"),
    "group_deleted": _t("a group was deleted"),
    "group_left": _t("a group was left"),
    "address_changed": _t("the address was changed since"),
    "client_changed": _t("the client was changed"),
    "closed": _t("nobody makes an account by themselves"),
    "consent_revoked": _t("the consent was revoked"),
    "disconnected": _t("the member revoked it"),
    "member_deleted": _t("the account was deleted"),
    "member_disabled": _t("the account was disabled"),
    "expired_link": _t("the link was too old"),
    "maker_may_not": _t("the creator of the link can no longer create links"),
    "no_link": _t("accounts are made by link only"),
    "passkey_removed": _t("a passkey was removed"),
    "withdrawn": _t("an administrator withdrew them"),
    "link_expired": _t("it was too old"),
    "rights_given": _t("the account got more rights"),
    "rights_taken": _t("the account lost rights"),
    "link_unknown": _t("it was used already, or never sent"),
    "signed_out_everywhere": _t("signed out everywhere"),
    "session_ended": _t("the session that approved it had ended"),
    "too_many": _t("there were too many in an hour"),
    "unknown_link": _t("there is no such link"),
    "used_up_link": _t("the link was used up"),
    "revoked_link": _t("the link was withdrawn"),
    "other_browser": _t("it was asked for in another browser"),
    "unknown_or_used": _t("it was used already, or never made"),
    "too_many_wrong": _t("too many wrong codes were typed in the browser that asked for it"),
    "wrong_token": _t("the link was not the right one"),
}


def kinds() -> tuple[Kind, ...]:
    """Return every kind of event: the site's own from ``HEARTHKEY_AUDIT_KINDS`` first, so that they win."""
    return (*conf.kinds(), *_OWN)


def by_key() -> dict[str, Kind]:
    """Return what lists can be filtered by; the kind of a name that demands nothing stands for all of that name."""
    return {kind.key: kind for kind in kinds()}


def names_for_members() -> frozenset[str]:
    """Return the names of the events that their subject may read about."""
    return frozenset(kind.name for kind in kinds() if kind.member)


def kind_of(name: str, data: Mapping[str, Any]) -> Kind:
    """Return the kind of an event; one of its own for a name that nobody described."""
    of_the_site = [kind for kind in conf.kinds() if kind.name == name]
    found = next((kind for kind in (*of_the_site, *_BY_NAME.get(name, ())) if kind.fits(data)), None)
    if found is None:
        plain = name.replace("_", " ").capitalize()
        found = Kind(name, plain, plain.replace("%", "%%") + ".")
    return found


def values(data: Mapping[str, Any], *, subject: str, actor: str, client: str) -> dict[str, str]:
    """Return what a sentence may name, as texts; what is missing is shown as a dash or as *somebody*."""
    shown = {key: _shown(key, value) for key, value in data.items()}
    if "fields" not in data:
        changed = data.get("after")
        shown["fields"] = _shown("fields", list(changed) if isinstance(changed, Mapping) else [])
    shown |= {"subject": subject or _("somebody"), "actor": actor or _("somebody")}
    shown["client"] = str(data.get("client_name") or client or _("an unknown client"))
    return _Values(shown)


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _shown(key: str, value: Any) -> str:
    if key == "reason":
        return str(_REASONS.get(str(value), str(value).replace("_", " "))) or "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        return ", ".join(str(item).replace("_", " ") if key == "fields" else str(item) for item in value) or "–"
    return "–" if value in (None, "") else str(value)
