"""Answering an authorization request: load client and member once, ask the pipeline, make the code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import conf
from ..adapters import Authentication
from ..models import Client, Consent, Grant, Interaction
from ..protocol.authorization import AuthorizationRequest, MemberState, Refusal, Step, outstanding
from ..protocol.authorization.answer import answer_address
from ..protocol.redirect_uri import redirect_uri_matches
from ..signals import AccessDenied, ClientAuthorized, access_denied, client_authorized
from .access import may_use_client
from .client_sessions import open_client_session
from .clients_lookup import state_of
from .consent import give_consent
from .digests import digest_of, new_secret
from .interactions import complete_interaction


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is signed in, and how."""

    user: Any
    authentication: Authentication


@dataclass(frozen=True, slots=True)
class Answer:
    """The address that the browser goes on to."""

    address: str = field(repr=False)


def redirect_uri_is_registered(*, client: Client, redirect_uri: str | None) -> bool:
    """Whether answers may go to this URI. No URI, or none registered, is never filled in."""
    return redirect_uri is not None and redirect_uri_matches(redirect_uri, client.redirect_uris)


def decide(*, request: AuthorizationRequest, client: Client, subject: Subject | None) -> Refusal | Step | None:
    """What stands between this request and its code, if anything."""
    return outstanding(request, state_of(client), _member_of(subject, client))


def answer_request(
    *,
    request: AuthorizationRequest,
    client: Client,
    subject: Subject,
    interaction: Interaction | None = None,
) -> Answer | None:
    """A code for the client, or None when the interaction was answered already. Only after ``decide`` said None."""
    scopes = request.scopes
    with transaction.atomic():
        if interaction is not None and not complete_interaction(interaction=interaction):
            return None
        if request.consent_given:
            give_consent(user=subject.user, client=client, scopes=scopes)
        code = _insert_grant(request, client, subject)
        client_authorized.send(
            sender=Grant,
            event=ClientAuthorized(
                user=str(subject.user.pk),
                client=client.client_id,
                client_name=client.name,
                scopes=scopes,
                is_new=request.consent_given,
            ),
        )
    return Answer(_address(request, code=code))


def refuse_request(
    *,
    request: AuthorizationRequest,
    client: Client,
    refusal: Refusal,
    subject: Subject | None = None,
    interaction: Interaction | None = None,
    by_member: bool = False,
) -> Answer:
    """The refusal's way back to the client; the interaction, if any, is done with it."""
    if interaction is not None:
        complete_interaction(interaction=interaction)
    if refusal.code == "access_denied":
        access_denied.send(
            sender=Client,
            event=AccessDenied(
                user=None if subject is None else str(subject.user.pk),
                client=client.client_id,
                client_name=client.name,
                by_member=by_member,
            ),
        )
    return refusal_address(request=request, refusal=refusal)


def refusal_address(*, request: AuthorizationRequest, refusal: Refusal) -> Answer:
    """Where a refusal is told to the client."""
    return Answer(_address(request, error=refusal.code, error_description=refusal.description))


def with_consent(request: AuthorizationRequest) -> AuthorizationRequest:
    """The request of a person who just pressed *Continue*."""
    return replace(request, consent_given=True)


def _address(request: AuthorizationRequest, **answer: str) -> str:
    redirect_uri = request.get("redirect_uri") or ""
    return answer_address(redirect_uri, issuer=conf.issuer(), state=request.get("state"), **answer)


def _member_of(subject: Subject | None, client: Client) -> MemberState | None:
    if subject is None:
        return None
    consent = Consent.objects.filter(user=subject.user, client=client).values_list("scopes", flat=True).first()
    authentication = subject.authentication
    return MemberState(
        pk=str(subject.user.pk),
        is_allowed=may_use_client(user=subject.user, client=client),
        strong_at=authentication.at if authentication.is_strong else None,
        consented_scopes=None if consent is None else frozenset(consent),
    )


def _insert_grant(request: AuthorizationRequest, client: Client, subject: Subject) -> str:
    code = new_secret()
    authentication = subject.authentication
    Grant(
        code=digest_of(code),
        user=subject.user,
        application=client,
        expires=timezone.now() + conf.code_lifetime(),
        redirect_uri=request.get("redirect_uri"),
        scope=" ".join(request.scopes),
        code_challenge=request.get("code_challenge") or "",
        code_challenge_method=request.get("code_challenge_method") or "",
        nonce=request.get("nonce") or "",
        by_consent=request.consent_given or not client.skip_authorization,
        auth_time=authentication.at,
        acr=authentication.acr,
        amr=list(authentication.amr),
        sid=authentication.sid,
        client_session=open_client_session(user=subject.user, client=client, sid=authentication.sid),
    ).save(force_insert=True)
    return code
