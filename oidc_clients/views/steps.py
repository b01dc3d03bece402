"""The pages between an authorization request and its answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ..models import Client, ClientLogo, Interaction
from ..protocol.authorization import AuthorizationRequest, Refusal
from ..services.authorize import Subject, refusal_address, refuse_request
from .pages import page


def consent_page(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """What the client will see, in plain words, and the two buttons."""
    return page(
        request,
        "consent.html",
        {**_about(request, interaction), "sees": [words for scope in asked.scopes if (words := _in_words(scope))]},
    )


def choose_page(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """Whether it is this member who goes on."""
    return page(request, "choose_account.html", _about(request, interaction))


def denied_page(
    request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest, refusal: Refusal, subject: Subject
) -> HttpResponse:
    """The member may not use the client; the way back tells the client so."""
    client = interaction.client
    refuse_request(request=asked, client=client, refusal=refusal, subject=subject)
    back = refusal_address(request=asked, refusal=refusal)
    context = {**_about(request, interaction), "back": back.address, **_rule_for_operators(subject, client)}
    return page(request, "denied.html", context, status=403)


def _about(request: HttpRequest, interaction: Interaction) -> dict[str, object]:
    client = interaction.client
    has_logo = ClientLogo.objects.filter(client=client).exists()
    return {
        "client": client,
        "interaction": interaction,
        "member_name": request.user.get_username(),
        "logo": reverse("hearthkey_oidc_clients:client-logo", args=[client.client_id]) if has_logo else None,
    }


def _in_words(scope: str) -> str | None:
    return {
        "profile": _("Your name, user name and picture"),
        "email": _("Your email address"),
        "groups": _("The groups you belong to"),
    }.get(scope)


def _rule_for_operators(subject: Subject, client: Client) -> dict[str, object]:
    """Which rule refused, and where to change it: only for who may change it."""
    if not subject.user.has_perm("hearthkey_oidc_clients.change_client"):
        return {}
    try:
        change = reverse("admin:hearthkey_oidc_clients_client_change", args=[client.pk])
    except NoReverseMatch:
        change = None
    return {
        "is_operator": True,
        "change": change,
        "groups": list(client.allowed_groups.order_by("name").values_list("name", flat=True)),
    }
