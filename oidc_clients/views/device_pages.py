"""The pages of a sign-in on a device."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .. import adapters
from ..models import DeviceGrant
from ..services.networks import are_on_different_networks
from .pages import page
from .steps import logo_of, rule_for_operators, words_for


def enter_page(request: HttpRequest, *, code: str, is_unknown: bool = False) -> HttpResponse:
    """Where the code is typed. ``code`` stands in the field already; ``is_unknown`` says that it opened nothing."""
    context = {"code": code, "is_unknown": is_unknown, "member_name": request.user.get_username()}
    return page(request, "device_enter.html", context, status=404 if is_unknown else 200)


def confirm_page(request: HttpRequest, grant: DeviceGrant, *, code: str, needs_passkey: bool) -> HttpResponse:
    """Who asks, from where, and for what; and the two buttons. Refusing needs no passkey."""
    own_address, _own_agent = adapters.get_request_origin()(request)
    context = {
        **_about(request, grant),
        "code": code,
        "needs_passkey": needs_passkey,
        "sees": [words for scope in grant.scope.split() if (words := words_for(scope))],
        "is_elsewhere": are_on_different_networks(grant.ip_address, own_address),
    }
    return page(request, "device_confirm.html", context)


def denied_page(request: HttpRequest, grant: DeviceGrant) -> HttpResponse:
    """The member may not use the client, and the device was told so."""
    context = {**_about(request, grant), **rule_for_operators(request.user, grant.client)}
    return page(request, "device_denied.html", context, status=403)


def result_page(request: HttpRequest, grant: DeviceGrant) -> HttpResponse:
    """What became of it, here and on the device."""
    name = {"client": grant.client.name}
    if grant.status == DeviceGrant.AUTHORIZED:
        title = _("You approved the sign-in")
        text = _("The device is being signed in to %(client)s as you. You can go back to it now.") % name
    elif grant.status == DeviceGrant.DENIED:
        title = _("You refused the sign-in")
        text = _("The device wasn't signed in to %(client)s.") % name
    else:
        title = _("This code has expired")
        text = _("The device wasn't signed in to %(client)s. Start again on the device to get a new code.") % name
    return page(request, "device_result.html", {**_about(request, grant), "title": title, "text": text})


def _about(request: HttpRequest, grant: DeviceGrant) -> dict[str, object]:
    return {
        "client": grant.client,
        "grant": grant,
        "logo": logo_of(grant.client),
        "member_name": request.user.get_username(),
    }
