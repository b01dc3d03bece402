"""The documents under ``/.well-known/`` that browsers and password managers look for on the RP ID's host."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from .. import conf


@require_safe
def webauthn(request: HttpRequest) -> JsonResponse:
    """Related origins (WebAuthn L3 §5.11): those that the RP ID does not cover anyway."""
    rp_id = conf.rp_id()
    related = [origin for origin in conf.origins() if not _is_covered(urlsplit(origin).hostname or "", rp_id)]
    return JsonResponse({"origins": related})


@require_safe
def passkey_endpoints(request: HttpRequest) -> JsonResponse:
    """Where passkeys are added and managed (W3C *passkey endpoints*): answered here, never by a redirect."""
    page = f"{conf.origins()[0]}{reverse('hearthkey_passkeys:passkey-list')}"
    return JsonResponse({"enroll": page, "manage": page})


@require_safe
def change_password(request: HttpRequest) -> HttpResponseRedirect:
    """There are no passwords: what a person wants to change here is a passkey."""
    return HttpResponseRedirect(reverse("hearthkey_passkeys:passkey-list"))


def _is_covered(host: str, rp_id: str) -> bool:
    return host == rp_id or host.endswith(f".{rp_id}")
