"""What each event is called and how people read it: the one enumeration of events.

An event is found by its name and, where one name tells several stories, by its data: the first kind that fits is
taken. A name that stands nowhere here is shown as it is, so a site's own events need no entry to be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import conf

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    ``member`` is what its subject reads on their own page, empty where it is none of their business; ``operator`` is
    what operators read. Both name values as ``%(subject)s``, ``%(actor)s``, ``%(client)s``, ``%(fields)s`` or a key of
    the event's data. ``when`` holds values that the data must have. ``is_refusal`` marks what somebody tried in vain.
    """

    name: str
    title: Text
    operator: Text
    member: Text = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    is_refusal: bool = False

    @property
    def key(self) -> str:
        """What tells this kind from every other: the name, and what its data must have."""
        return self.name + "".join(f":{key}={value}" for key, value in self.when.items())

    def fits(self, data: Mapping[str, Any]) -> bool:
        return all(data.get(key) == value for key, value in self.when.items())


_t = gettext_lazy

_SIGNING_IN = (
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
        _t("Signed in with a one-time link"),
        _t("%(subject)s signed in with a one-time link."),
        _t("You signed in with a one-time link."),
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
    Kind(
        "login_code_created",
        _t("One-time link made"),
        _t("A one-time sign-in link was made for %(subject)s."),
        _t("A one-time sign-in link was made for you."),
    ),
    Kind(
        "login_codes_withdrawn",
        _t("One-time links withdrawn"),
        _t("One-time sign-in links of %(subject)s were withdrawn (%(count)s): %(reason)s."),
        _t("Your one-time sign-in links were withdrawn (%(count)s)."),
    ),
    Kind(
        "login_code_used",
        _t("One-time link used"),
        _t("%(subject)s used a one-time sign-in link."),
        _t("Your one-time sign-in link was used."),
    ),
    Kind(
        "login_code_refused",
        _t("One-time link refused"),
        _t("A one-time sign-in link was refused: %(reason)s."),
        _t("A one-time sign-in link for you was refused: %(reason)s."),
        is_refusal=True,
    ),
)

_PASSKEYS = (
    Kind(
        "passkey_registered",
        _t("Passkey added"),
        _t("%(subject)s added the passkey “%(name)s”."),
        _t("You added the passkey “%(name)s”."),
    ),
    Kind(
        "passkey_renamed",
        _t("Passkey renamed"),
        _t("%(subject)s renamed the passkey “%(old_name)s” to “%(new_name)s”."),
        _t("You renamed your passkey “%(old_name)s” to “%(new_name)s”."),
    ),
    Kind(
        "passkey_removed",
        _t("Passkey removed"),
        _t("The passkey “%(name)s” of %(subject)s was removed; %(left)s left."),
        _t("Your passkey “%(name)s” was removed."),
    ),
    Kind(
        "backup_state_changed",
        _t("Passkey backed up"),
        _t("The passkey “%(name)s” of %(subject)s is kept in a backup from now on."),
        _t("Your passkey “%(name)s” is kept in a backup from now on."),
        when={"backed_up": True},
    ),
    Kind(
        "backup_state_changed",
        _t("Passkey's backup changed"),
        _t("The passkey “%(name)s” of %(subject)s is kept in no backup any more."),
        _t("Your passkey “%(name)s” is kept in no backup any more."),
    ),
)

_MEMBERS = (
    Kind(
        "setup_completed",
        _t("Service set up"),
        _t("%(subject)s set this service up."),
        _t("You set this service up."),
    ),
    Kind(
        "setup_refused",
        _t("Set-up refused"),
        _t("Somebody came to the set-up page without the right link: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "operator_refused",
        _t("Operator refused"),
        _t("%(actor)s tried what they may not (%(action)s): %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "member_created",
        _t("Account created"),
        _t("The account of %(subject)s was created."),
        _t("Your account was created."),
    ),
    Kind(
        "member_changed",
        _t("Account changed"),
        _t("The account of %(subject)s was changed: %(fields)s."),
        _t("Your account was changed: %(fields)s."),
    ),
    Kind(
        "member_disabled",
        _t("Account disabled"),
        _t("The account of %(subject)s was disabled."),
        _t("Your account was disabled."),
    ),
    Kind(
        "member_enabled",
        _t("Account enabled"),
        _t("The account of %(subject)s was enabled."),
        _t("Your account was enabled."),
    ),
    Kind("member_deleted", _t("Account deleted"), _t("The account of %(subject)s was deleted.")),
    Kind("group_created", _t("Group created"), _t("The group “%(name)s” was created.")),
    Kind("group_changed", _t("Group changed"), _t("The group “%(name)s” was changed: %(fields)s.")),
    Kind("group_deleted", _t("Group deleted"), _t("The group “%(name)s” was deleted.")),
    Kind(
        "membership_changed",
        _t("Group joined"),
        _t("%(subject)s joined %(joined)s."),
        _t("You joined %(joined)s."),
        when={"left": []},
    ),
    Kind(
        "membership_changed",
        _t("Group left"),
        _t("%(subject)s left %(left)s."),
        _t("You left %(left)s."),
        when={"joined": []},
    ),
    Kind(
        "membership_changed",
        _t("Membership changed"),
        _t("%(subject)s joined: %(joined)s; left: %(left)s."),
        _t("Your groups changed; joined: %(joined)s; left: %(left)s."),
    ),
    Kind(
        "identifier_released",
        _t("Reserved name released"),
        _t("“%(identifier)s” may be taken by anybody again."),
    ),
)

_CLIENTS = (
    Kind("client_created", _t("Client created"), _t("The client %(client)s was created.")),
    Kind("client_changed", _t("Client changed"), _t("The client %(client)s was changed: %(fields)s.")),
    Kind("client_deleted", _t("Client deleted"), _t("The client %(client)s was deleted.")),
    Kind("client_secret_added", _t("Client secret added"), _t("%(client)s has a new secret (%(prefix)s…).")),
    Kind("client_secret_removed", _t("Client secret removed"), _t("A secret of %(client)s was removed (%(prefix)s…).")),
    Kind(
        "client_authorized",
        _t("First sign-in at a client"),
        _t("%(subject)s signed in at %(client)s for the first time."),
        _t("You signed in at %(client)s for the first time."),
        when={"is_new": True},
    ),
    Kind(
        "client_authorized",
        _t("Sign-in at a client"),
        _t("%(subject)s signed in at %(client)s."),
        _t("You signed in at %(client)s."),
    ),
    Kind(
        "custom_claim_changed",
        _t("Custom claim set"),
        _t("The custom claim %(name)s was set."),
        _t("What apps are told about you as %(name)s was set."),
    ),
    Kind(
        "custom_claim_removed",
        _t("Custom claim removed"),
        _t("The custom claim %(name)s was removed."),
        _t("What apps are told about you as %(name)s was removed."),
    ),
    Kind(
        "consent_given",
        _t("Consent given"),
        _t("%(subject)s agreed to what %(client)s may see: %(scopes)s."),
        _t("You agreed to what %(client)s may see."),
    ),
    Kind(
        "consent_revoked",
        _t("Consent taken back"),
        _t("The consent of %(subject)s for %(client)s was taken back."),
        _t("Your consent for %(client)s was taken back."),
    ),
    Kind(
        "access_denied",
        _t("Sign-in cancelled"),
        _t("%(subject)s cancelled signing in at %(client)s."),
        _t("You cancelled signing in at %(client)s."),
        when={"by_member": True},
        is_refusal=True,
    ),
    Kind(
        "access_denied",
        _t("Not allowed at a client"),
        _t("%(subject)s may not sign in at %(client)s."),
        _t("You were not let in at %(client)s."),
        when={"by_member": False},
        is_refusal=True,
    ),
    Kind(
        "access_denied",
        _t("Sign-in at a client refused"),
        _t("%(subject)s was not signed in at %(client)s."),
        _t("You were not signed in at %(client)s."),
        is_refusal=True,
    ),
    Kind(
        "access_revoked",
        _t("Access ended"),
        _t("The access of %(subject)s at %(client)s was ended: %(reason)s."),
        _t("Your access at %(client)s was ended."),
    ),
    Kind(
        "device_approved",
        _t("Device approved"),
        _t("%(subject)s let a device sign in at %(client)s."),
        _t("You let a device sign in at %(client)s."),
    ),
    Kind(
        "device_refused",
        _t("Device refused"),
        _t("%(subject)s did not let a device sign in at %(client)s."),
        _t("You did not let a device sign in at %(client)s."),
        is_refusal=True,
    ),
)

_PROTOCOL = (
    Kind(
        "token_refused",
        _t("Token refused"),
        _t("A request for tokens by %(client)s was refused: %(reason)s."),
        is_refusal=True,
    ),
    Kind(
        "code_replayed",
        _t("Code used twice"),
        _t("%(client)s used a code for a second time; its tokens are revoked."),
        _t("%(client)s was signed out because it used a code twice."),
        is_refusal=True,
    ),
    Kind(
        "refresh_reused",
        _t("Refresh token used twice"),
        _t("A refresh token of %(client)s was used again; all that came of it is revoked."),
        _t("%(client)s was signed out because it used an old token."),
        is_refusal=True,
    ),
    Kind("token_revoked", _t("Token given back"), _t("%(client)s gave a token of %(subject)s back.")),
    Kind("logout_delivered", _t("Client told of a sign-out"), _t("%(client)s was told that %(subject)s signed out.")),
    Kind(
        "logout_failed",
        _t("Client not told of a sign-out"),
        _t("%(client)s could not be told that %(subject)s signed out: %(reason)s."),
        is_refusal=True,
    ),
    Kind("signing_key_created", _t("Signing key made"), _t("The signing key %(kid)s was made.")),
    Kind("signing_key_activated", _t("Signing key in use"), _t("The signing key %(kid)s signs from now on.")),
    Kind("signing_key_retired", _t("Signing key retired"), _t("The signing key %(kid)s signs no more.")),
    Kind("signing_key_dropped", _t("Signing key withdrawn"), _t("The signing key %(kid)s is published no more.")),
)

_SERVICE = (
    Kind(
        "rate_limit_hit",
        _t("Too many attempts"),
        _t("Somebody tried too often and has to wait (%(policy)s)."),
        is_refusal=True,
    ),
    Kind(
        "job_given_up",
        _t("Background job given up"),
        _t("“%(job)s” was given up after %(attempts)s attempts: %(error)s."),
        is_refusal=True,
    ),
    Kind("audit_exported", _t("Events exported"), _t("%(actor)s exported the audit trail.")),
)

_OWN = (*_SIGNING_IN, *_PASSKEYS, *_MEMBERS, *_CLIENTS, *_PROTOCOL, *_SERVICE)

_BY_NAME: dict[str, list[Kind]] = {}
for _kind in _OWN:
    _BY_NAME.setdefault(_kind.name, []).append(_kind)

_REASONS = {
    "group_deleted": _t("a group was deleted"),
    "group_left": _t("a group was left"),
    "client_changed": _t("the client was changed"),
    "consent_revoked": _t("the consent was taken back"),
    "member_deleted": _t("the account was deleted"),
    "member_disabled": _t("the account was disabled"),
    "passkey_removed": _t("a passkey was removed"),
    "rights_given": _t("the account got more rights"),
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
