"""Every question that an app asks, answered from another app or from the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import conf as accounts_conf
from accounts.models import Session, User
from accounts.services import claims as accounts_claims
from accounts.services import group_names, last_superuser, policy, sessions
from accounts.views.device_sign_in_answers import after_typing
from audit.adapters import Origin
from audit.devices import describe
from audit.geoip import lookup
from oidc_clients.adapters import Authentication, signed_in_at
from oidc_clients.exceptions import OutboundRefused
from oidc_clients.outbound.addresses import Address, Target, require_permitted
from oidc_clients.protocol.claims import MemberClaims
from oidc_clients.protocol.custom_claims import merged
from oidc_clients.services import custom_claims
from oidc_clients.services.networks import are_on_different_networks
from passkeys.adapters import may_enrol as default_may_enrol
from passkeys.adapters import may_remove_last as default_may_remove_last
from passkeys.core.session_entry import SessionEntry
from passkeys.models import Passkey
from passkeys.views.step_up import require_fresh as passkeys_require_fresh

from ..requests import request_context


def event_origin(request: HttpRequest) -> Origin:
    """Return where an event that this request causes comes from."""
    return request_context.origin(request_context.current())


def may_manage_passkeys(actor: Any, user: Any) -> bool:
    """Return whether an operator may remove a member's passkeys: never those of who is above them."""
    return bool(actor.is_staff) and policy.may_touch(actor, user)


def may_remove_last_passkey(user: Any) -> bool:
    """Return whether an operator may take a member's last passkey: another superuser must be able to sign in."""
    return not last_superuser.is_last_active_superuser(user) and default_may_remove_last(user)


def may_enrol(user: Any, entry: SessionEntry | None, *, is_first: bool) -> bool:
    """Return whether a session may add a passkey by how it began; from another device, only if it is the member's own."""
    if entry is not None and entry.method == "device":
        return entry.source == "device_mine"
    return default_may_enrol(user, entry, is_first=is_first)


def other_sessions_url(request: HttpRequest) -> str | None:
    """Return where a member ends all their sessions but this one; None when there are no others, or this one is over.

    A session that rested on a passkey which was just removed is over: who comes back signs in, and finds the list.
    """
    member: Any = request.user
    this = str(getattr(request.session, "sid", None) or "")
    rows = Session.objects.living(now=timezone.now(), idle=accounts_conf.session_idle()).filter(user_id=member.pk)
    living = {str(pk) for pk in rows.values_list("pk", flat=True)}
    return reverse("hearthkey_accounts:other-sessions-end") if this in living and len(living) > 1 else None


def recovery_url(request: HttpRequest, user: Any) -> str | None:
    """Return where this operator makes the member a one-time code, or None where they may not."""
    may_change = admin.site.get_model_admin(User).has_change_permission(request, user)
    if not (may_change and user.is_active and policy.may_make_code(request.user, user)):
        return None
    return reverse("admin:hearthkey_member_code", args=[user.pk])


def claims(user: Any, *, scopes: frozenset[str]) -> MemberClaims:
    """Return a member as clients may see them."""
    member = cast(User, user)
    email = accounts_claims.released_email(member) if "email" in scopes else None
    full_name = member.get_full_name() or member.get_display_name()
    groups, custom = _groups_and_custom_claims(member, scopes)
    return MemberClaims(
        sub=str(member.pk),
        name=full_name,
        given_name=member.first_name or None,
        family_name=member.last_name or None,
        display_name=member.get_display_name(),
        preferred_username=member.username,
        picture=settings.APP_URL + reverse("hearthkey_accounts:profile-picture", args=[member.pk]),
        locale=member.locale or None,
        updated_at=int(member.updated_at.timestamp()),
        email=email.address if email else None,
        email_verified=email.verified if email else False,
        groups=groups,
        custom=custom,
    )


def _groups_and_custom_claims(member: User, scopes: frozenset[str]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the member's groups and custom claims, as far as the scopes show them, in one statement."""
    group, claim = Value("group", TextField()), Value("claim", TextField())
    empty = Value("", TextField())
    queries: list[QuerySet[Any, Any]] = []
    if "groups" in scopes:
        groups = accounts_claims.groups_of(member).order_by()
        queries.append(groups.values_list(group, Cast("name", TextField()), empty, empty))
    if "profile" in scopes:
        owner = Cast(Coalesce("group__name", empty), TextField())
        # A group that became a role after it was given claims shows none of them.
        told = Q(group=None) | Q(group__in=accounts_claims.groups_of(member).order_by().values("pk"))
        rows = custom_claims.held_by(member).filter(told).order_by()
        queries.append(rows.values_list(claim, owner, Cast("name", TextField()), "value"))
    if not queries:
        return (), {}
    found = list(queries[0].union(*queries[1:], all=True))
    names = sorted(name for kind, name, _claim, _value in found if kind == "group")
    return tuple(names), merged(row[1:] for row in found if row[0] == "claim")


def authentication(request: HttpRequest) -> Authentication:
    """Return how this session's member signed in, in the words of RFC 8176 and of the OpenID EAP profile."""
    entry = request.session.get("hearthkey_auth") or {}
    sid = str(getattr(request.session, "sid", None) or "")
    method, at = str(entry.get("method") or ""), entry.get("at")
    if method == "passkey" and isinstance(at, int | float):
        used = Passkey.objects.filter(pk=str(entry["passkey"])) if entry.get("passkey") else Passkey.objects.none()
        bound = used.filter(backup_eligible=False).exists()
        amr = ("phr", "user", "hwk" if bound else "swk")
        return Authentication("passkey", int(at), is_strong=True, sid=sid, amr=amr, acr="phr", proved_at=float(at))
    began = signed_in_at(request)
    return Authentication(
        method, None if began is None else int(began), is_strong=False, sid=sid, amr=("otp",), acr="0"
    )


def require_fresh(request: HttpRequest, max_age: timedelta) -> HttpResponse | None:
    """Return None when this member used a passkey in this session lately, else the way to do so."""
    if isinstance(request.user, AnonymousUser):
        return None
    return passkeys_require_fresh(request, max_age)


def has_passkey(user: Any) -> bool:
    """Return whether a member has a passkey that signs them in."""
    return Passkey.objects.usable().filter(user_id=user.pk).exists()


def hold_session(sid: str) -> bool:
    """Return whether this session still stands, and keep it so until the transaction ends."""
    return sessions.hold_session(sid=sid)


def end_session(user: Any, sid: str) -> None:
    """End a session of this member's, in whichever browser it is."""
    sessions.sign_out_elsewhere(user=user, sid=sid)


def request_origin(request: HttpRequest) -> tuple[str | None, str]:
    """Return the address and the user agent of who sent this request."""
    context = request_context.current()
    return context.address or None, context.user_agent


def device_name(user_agent: str) -> str:
    """Return a device as people say it; one that is no browser by what it calls itself."""
    return describe(user_agent) or user_agent


def device(user_agent: str) -> str:
    """Return a user agent in the words of the audit trail."""
    return describe(user_agent)


def place(address: str) -> str:
    """Return where an address is; empty when nobody can tell."""
    found = lookup(address)
    return "" if found.kind == "unknown" else found.label


def passkey_names(user: Any, ids: Collection[str]) -> Mapping[str, str]:
    """Return what a member calls these passkeys of theirs."""
    rows = Passkey.objects.filter(user_id=user.pk).values_list("pk", "name")
    return {str(pk): name for pk, name in rows if str(pk) in ids}


def hold_passkey(user_id: Any, passkey: str) -> bool:
    """Return whether this passkey of the member exists, and keep it until the transaction ends."""
    try:
        return bool(
            Passkey.objects.select_for_update(no_key=True).filter(user_id=user_id, pk=passkey).values_list("pk")
        )
    except ValidationError:
        return False


def apart(one: str | None, other: str | None) -> Literal["", "network", "country"]:
    """Return whether two addresses are certainly in different countries, or else on different networks."""
    countries = {lookup(address).country for address in (one, other) if address}
    if len(countries - {""}) > 1:
        return "country"
    return "network" if are_on_different_networks(one, other) else ""


def sign_in_code(request: HttpRequest, typed: str) -> HttpResponse | None:
    """Return the way to the question that a typed code of another browser here opens, or None where it opens none."""
    return after_typing(request, typed)


def may_call(*, scheme: str, host: str, address: Address) -> str:
    """Return why an address that an operator configured may not be called, by the rules of ``OUTBOUND_ALLOW``."""
    try:
        require_permitted(Target(scheme, host, 0, "", ""), address, allow_private=False)
    except OutboundRefused as refusal:
        if refusal.code == "private_address":
            return f"{host} leads to the private address {address}. If that is right, name the host in OUTBOUND_ALLOW."
        return str(refusal)
    return ""


def may_set_claims(actor: Any, *, user: Any, group: Group | None) -> bool:
    """Return whether an operator may say this of a member or of a group: nothing of who is above them, or of a role."""
    if user is not None:
        return policy.may_touch(actor, user)
    return group is not None and selectable_groups().filter(pk=group.pk).exists()


def group_label(group: Group) -> str:
    """Return a group by both its names, where they differ."""
    return group_names.told_apart(group)


def selectable_groups() -> QuerySet[Group]:
    """Return the groups that clients can be opened to: roles are none of their business."""
    return accounts_claims.selectable_groups()
