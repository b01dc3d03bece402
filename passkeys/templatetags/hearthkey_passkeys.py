"""Tags that put passkeys into a page of the site's own. All need ``request`` in the context."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import conf
from ..services.overview import PasskeyCard, list_passkeys
from ..services.owners import owner_details
from ..services.texts import ceremony_texts

register = template.Library()


@register.inclusion_tag("hearthkey/passkeys/elements/manage.html", takes_context=True)
def passkey_manage(context: Context) -> dict[str, Any]:
    """Show the signed-in member's passkeys with *Rename*, *Remove* and *Add passkey*, and warn below two."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "cards": list_passkeys(user=request.user),
        "back": request.path,
    }


@register.simple_tag(takes_context=True)
def passkey_cards(context: Context) -> tuple[PasskeyCard, ...]:
    """Return the signed-in member's passkeys, for a page that only says how many they are."""
    return list_passkeys(user=context["request"].user)


@register.inclusion_tag("hearthkey/passkeys/elements/owner.html", takes_context=True)
def passkey_owner(context: Context) -> dict[str, Any]:
    """Let the browser tell the member's devices what they are called now. For the answer to a change of their names."""
    return {"details": owner_details(user=context["request"].user)}


@register.inclusion_tag("hearthkey/passkeys/elements/ceremony.html", takes_context=True)
def passkey_add(context: Context, next: str = "", focus: bool = False) -> dict[str, Any]:
    """Show the button *Add passkey*; afterwards the browser goes to ``next``, by default this page again."""
    return {
        **_ceremony(context, next, focus),
        "kind": "register",
        "label": _("Add passkey"),
        "options_url": reverse("hearthkey_passkeys:passkey-add-options"),
        "verify_url": reverse("hearthkey_passkeys:passkey-add-verify"),
        "confirm_url": reverse("hearthkey_passkeys:passkey-add-confirm"),
        "step_up_options_url": reverse("hearthkey_passkeys:step-up-options"),
        "step_up_verify_url": reverse("hearthkey_passkeys:step-up-verify"),
    }


@register.inclusion_tag("hearthkey/passkeys/elements/ceremony.html", takes_context=True)
def passkey_confirm(context: Context, next: str = "", form: str = "", focus: bool = False) -> dict[str, Any]:
    """Show the button *Confirm with a passkey*.

    Afterwards the form with the id ``form`` is sent, or else the browser goes to ``next``, by default this page again.
    """
    return {
        **_ceremony(context, next, focus),
        "kind": "step-up",
        "label": _("Confirm with a passkey"),
        "options_url": reverse("hearthkey_passkeys:step-up-options"),
        "verify_url": reverse("hearthkey_passkeys:step-up-verify"),
        "form": form,
    }


def _ceremony(context: Context, next: str, focus: bool) -> dict[str, Any]:
    return {
        "next": next or context["request"].path,
        "csrf_token": context.get("csrf_token"),
        "texts": ceremony_texts(),
        "address": conf.origins()[0],
        "focus": focus,
    }
