"""What a person presses on the pages between an authorization request and its answer: one URL each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..exceptions import InteractionUnusable
from ..models import Interaction
from ..protocol.authorization import AuthorizationRequest, Refusal, Step
from ..services.authorization_requests import request_of
from ..services.authorize import answer_request, decide, refuse_request, with_consent
from ..services.interactions import choose_account
from .authorize import (
    address_of,
    asked_for_language,
    pending_interaction,
    subject_of,
    to_sign_in,
    unusable_page,
    with_person,
)
from .browser import forget
from .pages import redirect, send_answer
from .people import note_choice
from .steps import leave_page

Decision = Callable[[HttpRequest, Interaction, AuthorizationRequest], HttpResponse]


def _of_this_browser(view: Decision) -> Callable[[HttpRequest, uuid.UUID], HttpResponse]:
    @wraps(view)
    def wrapped(request: HttpRequest, interaction_id: uuid.UUID) -> HttpResponse:
        try:
            interaction = pending_interaction(request, interaction_id)
        except InteractionUnusable:
            return unusable_page(request)
        asked = request_of(interaction)
        with asked_for_language(asked):
            return view(request, interaction, asked)

    return wrapped


@require_POST
@_of_this_browser
def give_consent(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """*Continue*. Every step is decided anew: pressing it skips none of them."""
    client, subject = interaction.client, subject_of(request)
    # Only who is asked to consent can give it: the button's form may be older than what it stands for.
    if subject is None or decide(request=asked, client=client, subject=subject) is not Step.CONSENT:
        return redirect(address_of(interaction), status=303)
    answer = answer_request(request=with_consent(asked), client=client, subject=subject, interaction=interaction)
    if answer is None:
        return unusable_page(request)
    response = with_person(request, asked, send_answer(request, answer))
    forget(response, interaction.pk)
    return response


@require_POST
@_of_this_browser
def cancel(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """*Cancel*. The client hears of it and does not hang."""
    refusal = Refusal("access_denied", "The member pressed Cancel.")
    answer = refuse_request(
        request=asked,
        client=interaction.client,
        refusal=refusal,
        subject=subject_of(request),
        interaction=interaction,
        by_member=True,
    )
    response = send_answer(request, answer)
    forget(response, interaction.pk)
    return response


@require_safe
@_of_this_browser
def leave(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """Where the step that stands on another page leads back to. Decides nothing."""
    return leave_page(request, interaction) if request.user.is_authenticated else to_sign_in(interaction)


@require_POST
@_of_this_browser
def keep_account(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """*Continue as …* where it is asked who goes on."""
    if (subject := subject_of(request)) is not None:
        choose_account(interaction=interaction, user_pk=str(subject.user.pk))
        note_choice(request)
    return redirect(address_of(interaction), status=303)


@require_POST
@_of_this_browser
def switch_account(request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest) -> HttpResponse:
    """*Not you?* The pending sign-in survives the change of member."""
    logout(request)
    return to_sign_in(interaction)
