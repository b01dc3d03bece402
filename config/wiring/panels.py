"""What the other apps know of a member or a group, on their page in the administration."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.adapters import Line, Panel
from audit.models import Event
from oidc_clients.models import CustomClaim
from passkeys.models import Passkey

from .adapters import may_set_claims

MOST_LINES: Final = 20


def panels_about(request: HttpRequest, *, user: Any, group: Group | None) -> list[Panel]:
    """Return what this operator may see: custom claims, and of a member also passkeys and the last sign-in."""
    shown = []
    if user is not None and _may_see(request, Passkey):
        shown.append(_passkeys(user))
    if user is not None and _may_see(request, Event):
        shown.append(_activity(user))
    if _may_see(request, CustomClaim):
        shown.append(_claims(request, user=user, group=group))
    return shown


def _first(rows: QuerySet[Any]) -> tuple[list[Any], bool]:
    """Return the first rows and whether there are more: a panel is a summary, and the list has pages."""
    found = list(rows[: MOST_LINES + 1])
    return found[:MOST_LINES], len(found) > MOST_LINES


def _all(url: str) -> Line:
    return Line(gettext("Show all"), "", url)


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.get_model_admin(model).has_view_permission(request)


def _passkeys(user: Any) -> Panel:
    lines = []
    passkeys, more = _first(Passkey.objects.for_user(user.pk))
    for passkey in passkeys:
        used = _time(passkey.last_used_at) if passkey.last_used_at else gettext("never")
        text = gettext("made %(made)s, last used %(used)s") % {"made": _time(passkey.created_at), "used": used}
        lines.append(Line(passkey.name, text, reverse("admin:hearthkey_passkeys_passkey_change", args=[passkey.pk])))
    if more:
        query = urlencode({"q": user.get_username()})
        lines.append(_all(f"{reverse('admin:hearthkey_passkeys_passkey_changelist')}?{query}"))
    return Panel(gettext("Passkeys"), tuple(lines))


def _activity(user: Any) -> Panel:
    url = f"{reverse('admin:hearthkey_audit_event_changelist')}?{urlencode({'member': user.get_username()})}"
    when = _time(user.last_login) if user.last_login else gettext("never")
    return Panel(gettext("Activity"), (Line(gettext("Last signed in"), when), Line(gettext("All events"), "", url)))


def _claims(request: HttpRequest, *, user: Any, group: Group | None) -> Panel:
    about = {"user": user} if group is None else {"group": group}
    lines = []
    claims, more = _first(CustomClaim.objects.filter(**about).order_by("name"))
    for claim in claims:
        url = reverse("admin:hearthkey_oidc_clients_customclaim_change", args=[claim.pk])
        lines.append(Line(claim.name, claim.value, url))
    if more:
        owner = user.get_username() if group is None else group.name
        query = urlencode({"q": owner})
        lines.append(_all(f"{reverse('admin:hearthkey_oidc_clients_customclaim_changelist')}?{query}"))
    add_url = ""
    may_add = admin.site.get_model_admin(CustomClaim).has_add_permission(request)
    if may_add and may_set_claims(request.user, user=user, group=group):
        chosen = urlencode({name: owner.pk for name, owner in about.items()})
        add_url = f"{reverse('admin:hearthkey_oidc_clients_customclaim_add')}?{chosen}"
    return Panel(gettext("Custom claims"), tuple(lines), add_url)


def _time(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "j F Y, H:i T")
