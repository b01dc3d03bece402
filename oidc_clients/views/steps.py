"""The pages between an authorization request and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ..models import Client, ClientLogo, Interaction
from ..protocol.authorization import AuthorizationRequest, Refusal, ResponseMode, is_consented
from ..services.authorize import Subject, is_whom_it_asks_for, note_denial, refusal_answer
from ..services.consent import consent_of
from .pages import FORM_POST_POLICY, page


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a client will see. ``is_new`` where the member agreed to others before, but not to this."""

    words: str
    is_new: bool


def consent_page(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """What the client will see, in plain words, and the two buttons."""
    consented = consent_of(user=request.user, client=interaction.client)
    is_new = {wanted: consented is not None and not is_consented(wanted, consented) for wanted in asked.consents}
    sees = [Seen(words, new) for wanted, new in is_new.items() if (words := words_for(wanted))]
    stays = [Seen("", new) for wanted, new in is_new.items() if wanted == "offline_access"]
    context = {"sees": sees, "stays": stays[0] if stays else None, "widens": any(is_new.values())}
    return page(request, "consent.html", {**_about(request, interaction), **context})


def choose_page(
    request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest, subject: Subject
) -> HttpResponse:
    """Whether it is this member who goes on; where the app asked for another one, only another one can."""
    may_keep = is_whom_it_asks_for(request=asked, subject=subject)
    return page(request, "choose_account.html", {**_about(request, interaction), "may_keep": may_keep})


def leave_page(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """For who turned back from a step that stands on another page: go on, cancel, or be somebody else."""
    return page(request, "leave.html", _about(request, interaction))


def denied_page(
    request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest, refusal: Refusal, subject: Subject
) -> HttpResponse:
    """The member may not use the client; the way back tells the client so."""
    client = interaction.client
    note_denial(interaction=interaction, subject=subject)
    answer = refusal_answer(request=asked, refusal=refusal)
    is_form = answer.mode is ResponseMode.FORM_POST
    context = {"answer": answer, "is_form": is_form, "back": answer.address, **rule_for_operators(subject.user, client)}
    response = page(request, "denied.html", {**_about(request, interaction), **context}, status=403)
    if is_form:
        response.headers["Content-Security-Policy"] = FORM_POST_POLICY
    return response


def _about(request: HttpRequest, interaction: Interaction) -> dict[str, object]:
    client = interaction.client
    return {
        "client": client,
        "interaction": interaction,
        "member_name": request.user.get_username(),
        "logo": logo_of(client),
    }


def logo_of(client: Client) -> str | None:
    """The path of the client's logo, None when it has none."""
    has_logo = ClientLogo.objects.filter(client=client).exists()
    return reverse("hearthkey_oidc_clients:client-logo", args=[client.client_id]) if has_logo else None


def words_for(wanted: str) -> str | None:
    """A scope or a single claim, as people call it; None for what shows nothing about a person."""
    return {
        "profile": _("Your name, username and picture"),
        "email": _("Your email address"),
        "groups": _("The groups you belong to"),
        "claim:name": _("Your name"),
        "claim:given_name": _("Your first name"),
        "claim:family_name": _("Your last name"),
        "claim:display_name": _("Your display name"),
        "claim:preferred_username": _("Your username"),
        "claim:picture": _("Your picture"),
        "claim:locale": _("Your language"),
        "claim:updated_at": _("When your profile was last changed"),
        "claim:email": _("Your email address"),
        "claim:email_verified": _("Whether your email address is verified"),
        "claim:groups": _("The groups you belong to"),
    }.get(wanted)


def rule_for_operators(user: Any, client: Client) -> dict[str, object]:
    """Which rule refused, and where to change it: only for who may change it."""
    if not user.has_perm("hearthkey_oidc_clients.change_client"):
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
