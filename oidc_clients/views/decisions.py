"""What a person presses on the pages between an authorization request and its answer: one URL each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ..exceptions import InteractionUnusable
from ..models import Interaction
from ..protocol.authorization import Refusal, Step
from ..services.authorize import answer_request, decide, refuse_request, with_consent
from ..services.interactions import choose_account, request_of
from .authorize import address_of, pending_interaction, subject_of, to_sign_in, unusable_page
from .browser import forget
from .pages import go_on, redirect

Decision = Callable[[HttpRequest, Interaction], HttpResponse]


def _of_this_browser(view: Decision) -> Callable[[HttpRequest, uuid.UUID], HttpResponse]:
    @wraps(view)
    def wrapped(request: HttpRequest, interaction_id: uuid.UUID) -> HttpResponse:
        try:
            interaction = pending_interaction(request, interaction_id)
        except InteractionUnusable:
            return unusable_page(request)
        return view(request, interaction)

    return wrapped


@require_POST
@_of_this_browser
def give_consent(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """*Continue*. Every step is decided anew: pressing it skips none of them."""
    asked, client, subject = request_of(interaction), interaction.client, subject_of(request)
    # Only who is asked to consent can give it: the button's form may be older than what it stands for.
    if subject is None or decide(request=asked, client=client, subject=subject) is not Step.CONSENT:
        return redirect(address_of(interaction), status=303)
    answer = answer_request(request=with_consent(asked), client=client, subject=subject, interaction=interaction)
    if answer is None:
        return unusable_page(request)
    response = go_on(request, answer)
    forget(response, interaction.pk)
    return response


@require_POST
@_of_this_browser
def cancel(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """*Cancel*. The client hears of it and does not hang."""
    asked = request_of(interaction)
    refusal = Refusal("access_denied", "The member pressed Cancel.")
    answer = refuse_request(
        request=asked,
        client=interaction.client,
        refusal=refusal,
        subject=subject_of(request),
        interaction=interaction,
        by_member=True,
    )
    response = go_on(request, answer)
    forget(response, interaction.pk)
    return response


@require_POST
@_of_this_browser
def keep_account(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """*Continue as …* after a client asked to choose."""
    if (subject := subject_of(request)) is not None:
        choose_account(interaction=interaction, user_pk=str(subject.user.pk))
    return redirect(address_of(interaction), status=303)


@require_POST
@_of_this_browser
def switch_account(request: HttpRequest, interaction: Interaction) -> HttpResponse:
    """*Not you?* The pending sign-in survives the change of member."""
    logout(request)
    return to_sign_in(interaction)
