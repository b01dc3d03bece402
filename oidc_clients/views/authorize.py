"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2)."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import adapters
from ..exceptions import InteractionUnusable
from ..models import Client, Interaction
from ..protocol.authorization import AuthorizationRequest, Refusal, Step, earliest_proof
from ..protocol.parameters import Parameters, parse_parameters
from ..services.authorization_requests import arrived_request, request_of
from ..services.authorize import (
    Subject,
    answer_request,
    decide,
    redirect_uri_is_registered,
    refuse_request,
)
from ..services.clients_lookup import find_client, find_client_for, state_of
from ..services.interactions import begin_interaction, find_interaction
from ..services.pushed_requests import is_pushed_uri, take_request
from .browser import browser_value, forget, remember
from .languages import asked_language, keep_language
from .loggable import MAX_LENGTH, loggable
from .pages import as_person_answer, error_page, redirect, send_answer, wait_page, with_way_back
from .people import is_certain, note_choice, note_person
from .steps import choose_page, consent_page, denied_page

logger = logging.getLogger(__name__)


# Another site's form may post a request here; it changes nothing by itself, so there is nothing to forge.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    try:
        return _answered(request)
    except IntegrityError:
        # The client or the member was deleted while a row for them was written.
        if not _is_deleted(request):
            raise
        return unusable_page(request)


def _is_deleted(request: HttpRequest) -> bool:
    sent = request.POST if request.method == "POST" else request.GET
    if find_client(sent.get("client_id")) is None:
        return True
    return request.user.is_authenticated and not type(request.user)._default_manager.filter(pk=request.user.pk).exists()


def _answered(request: HttpRequest) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    if request.method == "GET" and "interaction" in sent:
        return _resume(request, sent["interaction"])
    parameters = parse_parameters(sent.lists())
    # The session cookie does not come along with another site's form: ask for it by a GET, which brings it.
    subject = None if request.method == "POST" else subject_of(request)
    client, subject = _client_and_subject(parameters.get("client_id"), subject)
    if "client_id" in parameters.repeated:
        return _repeated_client(request)
    if request.method == "HEAD" and (client is not None or "interaction" in sent):
        # From a monitor or a link checker: nothing is stored, issued or used up.
        return as_person_answer(HttpResponse())
    if client is None:
        return _unknown_client(request, sent.get("client_id"))
    asked = _asked(client, parameters)
    if asked is None:
        return _unknown_pushed_request(request, client)
    if not redirect_uri_is_registered(client=client, redirect_uri=asked.get("redirect_uri")):
        return _unregistered_redirect_uri(request, client, asked, sent.get("redirect_uri"))
    with asked_for_language(asked):
        return _begin(request, asked, client, subject)


def _client_and_subject(client_id: str | None, subject: Subject | None) -> tuple[Client | None, Subject | None]:
    """The client, and the member with their standing there: read in one statement."""
    if subject is None:
        return find_client(client_id), None
    found = find_client_for(client_id, user=subject.user)
    return (None, subject) if found is None else (found[0], replace(subject, standing=found[1]))


def _asked(client: Client, parameters: Parameters) -> AuthorizationRequest | None:
    """The request, or None where it refers to a pushed one that is not to be had (any more)."""
    request_uri = parameters.get("request_uri")
    if request_uri is None or not is_pushed_uri(request_uri):
        return arrived_request(parameters)
    # Whatever else stands in the address is none of what the client vouched for (RFC 9126 §4, RFC 9101 §5).
    pushed = take_request(client=client, request_uri=request_uri)
    return None if pushed is None else arrived_request(pushed, is_pushed=True)


def _begin(request: HttpRequest, asked: AuthorizationRequest, client: Client, subject: Subject | None) -> HttpResponse:
    is_form = request.method == "POST"
    found = decide(request=asked, client=client, subject=subject)
    # Only a prompt=none that was posted has to wait for the session as well before it can be refused.
    waits = isinstance(found, Step) or (is_form and isinstance(found, Refusal) and found.code == "login_required")
    if isinstance(found, Refusal) and not waits and not _is_shown(found, asked):
        return send_answer(request, refuse_request(request=asked, client=client, refusal=found, subject=subject))
    if found is None and subject is not None:
        answer = answer_request(request=asked, client=client, subject=subject)
        if answer is not None:
            return with_person(request, asked, send_answer(request, answer))
    wait = adapters.get_rate_limit()(request, "pending-request")
    if wait is not None:
        return wait_page(request, wait, message=_("Too many sign-ins were started from here."))
    interaction, browser = begin_interaction(client=client, request=asked)
    is_sign_in = found is Step.SIGN_IN and not is_form
    response = to_sign_in(interaction) if is_sign_in else redirect(address_of(interaction), status=303)
    remember(request, response, interaction.pk, browser)
    keep_language(request, response, asked)
    return response


def _resume(request: HttpRequest, value: str) -> HttpResponse:
    try:
        interaction = pending_interaction(request, uuid.UUID(value))
    except (ValueError, InteractionUnusable):
        return unusable_page(request)
    asked, client = request_of(interaction), interaction.client
    if not redirect_uri_is_registered(client=client, redirect_uri=asked.get("redirect_uri")):
        return _unregistered_redirect_uri(request, client, asked, asked.get("redirect_uri"))
    subject = subject_of(request)
    if subject is not None and not subject.is_certain and (subject.authentication.strong_at or 0) >= asked.arrived_at:
        # Who just signed in has said who it is, and need not be asked at the next app.
        note_choice(request)
    with asked_for_language(asked):
        return with_person(request, asked, _go_on_with(request, interaction, asked, subject))


def _go_on_with(
    request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest, subject: Subject | None
) -> HttpResponse:
    client = interaction.client
    found = decide(request=asked, client=client, subject=subject)
    if isinstance(found, Refusal):
        if _is_shown(found, asked) and subject is not None:
            return denied_page(request, interaction, asked, found, subject)
        answer = refuse_request(request=asked, client=client, refusal=found, subject=subject, interaction=interaction)
        return _finished(interaction, send_answer(request, answer))
    if found is Step.SIGN_IN or subject is None:
        return to_sign_in(interaction)
    if found is not None:
        return _step(request, interaction, asked, found, subject)
    code = answer_request(request=asked, client=client, subject=subject, interaction=interaction)
    if code is None:
        return unusable_page(request)
    return _finished(interaction, send_answer(request, code))


def _finished(interaction: Interaction, response: HttpResponse) -> HttpResponse:
    forget(response, interaction.pk)
    return response


def _step(
    request: HttpRequest, interaction: Interaction, asked: AuthorizationRequest, step: Step, subject: Subject
) -> HttpResponse:
    if step is Step.CHOOSE_ACCOUNT:
        return choose_page(request, interaction, asked, subject)
    if step is Step.CONSENT:
        return consent_page(request, interaction, asked)
    earliest = earliest_proof(asked, state_of(interaction.client)) or asked.arrived_at
    age = timedelta(seconds=max(0.0, time.time() - earliest))
    asked_for = adapters.get_require_fresh()(request, age)
    return to_sign_in(interaction) if asked_for is None else with_way_back(asked_for, _leaving(interaction))


def _leaving(interaction: Interaction) -> str:
    return reverse("hearthkey_oidc_clients:authorization-leave", args=[interaction.pk])


def _is_shown(refusal: Refusal, asked: AuthorizationRequest) -> bool:
    """Whether a person sees this refusal before the client does."""
    return refusal.code == "access_denied" and "none" not in asked.prompts


def subject_of(request: HttpRequest) -> Subject | None:
    """Who is signed in here, and how."""
    if not request.user.is_authenticated:
        return None
    return Subject(request.user, adapters.get_authentication()(request), is_certain(request))


def with_person(request: HttpRequest, asked: AuthorizationRequest, response: HttpResponse) -> HttpResponse:
    """The response, which lets the browser remember who used it; a silent request leaves no trace."""
    if request.user.is_authenticated and "none" not in asked.prompts:
        note_person(request, response)
    return response


@contextlib.contextmanager
def asked_for_language(asked: AuthorizationRequest) -> Iterator[None]:
    """Pages inside are in the language that the client asked for, where this site has it."""
    with translation.override(asked_language(asked) or translation.get_language()):
        yield


def pending_interaction(request: HttpRequest, interaction_id: uuid.UUID) -> Interaction:
    """This browser's pending request. Raises InteractionUnusable."""
    return find_interaction(interaction_id=interaction_id, browser=browser_value(request, interaction_id))


def address_of(interaction: Interaction) -> str:
    """Where a person comes back to."""
    return f"{reverse('hearthkey_oidc_clients:authorize')}?{urlencode({'interaction': str(interaction.pk)})}"


def to_sign_in(interaction: Interaction) -> HttpResponse:
    """The site's sign-in page, which leads back here."""
    sign_in = resolve_url(settings.LOGIN_URL)
    separator = "&" if "?" in sign_in else "?"
    return redirect(f"{sign_in}{separator}{urlencode({'next': address_of(interaction)})}", status=303)


def unusable_page(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        title=_("This sign-in has expired"),
        message=_("It took too long, was already completed, or was started in another browser."),
        advice=_("Go back to the app and sign in again."),
    )


def _unknown_client(request: HttpRequest, sent: str | None) -> HttpResponse:
    logger.warning("An authorization request was refused: unknown client %s.", loggable(sent))
    return error_page(
        request,
        title=_("Unknown app"),
        message=_("The app that sent you here isn't registered or has been removed."),
        advice=_("Go back to the app, or tell its administrator that its client ID is wrong."),
    )


def _repeated_client(request: HttpRequest) -> HttpResponse:
    logger.warning("An authorization request was refused: repeated client_id.")
    return error_page(
        request,
        title=_("Unknown app"),
        message=_("The app that sent you here sent its client ID more than once."),
        advice=_("Go back to the app, or tell its administrator that it sends client_id more than once."),
    )


def _unknown_pushed_request(request: HttpRequest, client: Client) -> HttpResponse:
    logger.warning(
        "An authorization request was refused: unknown, used or expired request_uri, client %s.", client.client_id
    )
    return error_page(
        request,
        title=_("This sign-in can't be started again"),
        message=_("The app's sign-in link has already been used or has expired."),
        advice=_("Go back to the app and sign in again."),
    )


def _shortened(text: str | None) -> str:
    """Return at most 200 characters of what was sent, to be shown as text."""
    text = text or ""
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"


def _unregistered_redirect_uri(
    request: HttpRequest, client: Client, asked: AuthorizationRequest, sent: str | None
) -> HttpResponse:
    if "redirect_uri" in asked.parameters.repeated:
        fault, message = "repeated", _("%(client)s sent more than one return address.")
        advice = _("Go back to the app, or tell its administrator that it sends redirect_uri more than once.")
    elif not sent:
        fault, message = "missing", _("%(client)s didn't send a return address.")
        advice = _("Go back to the app, or tell its administrator that redirect_uri is missing.")
    else:
        fault = "unregistered"
        message = _("%(client)s asked to send you to an address that isn't registered for it.")
        advice = _("Go back to the app, or tell your administrator that its callback URL isn't registered.")
    logger.warning(
        "An authorization request was refused: %s redirect URI, client %s: %s.", fault, client.client_id, loggable(sent)
    )
    return error_page(
        request,
        title=_("This app can't be opened safely"),
        message=message % {"client": client.name},
        advice=advice,
        address=_shortened(sent) if fault == "unregistered" else "",
    )
