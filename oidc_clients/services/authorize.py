"""Answering an authorization request: load client and member once, run the pipeline, issue the code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import adapters, conf
from ..adapters import Authentication
from ..models import Client, Grant, Interaction
from ..protocol.authorization import (
    Answer,
    AuthorizationRequest,
    MemberState,
    Refusal,
    Step,
    outstanding,
    refusal_of_request,
    released_acr,
)
from ..protocol.authorization.answer import answer_to
from ..protocol.redirect_uri import redirect_uri_matches
from ..signals import AccessDenied, ClientAuthorized, access_denied, client_authorized
from .access import may_use_client
from .client_sessions import open_client_session
from .clients_lookup import Standing, state_of
from .consent import consent_of, give_consent
from .digests import digest_of, new_secret
from .interactions import complete_interaction, note_denied
from .row_locks import keep_undeleted


@dataclass(frozen=True, slots=True)
class Subject:
    """The signed-in member and how they signed in.

    ``is_certain`` is False if others use this browser and the person hasn't confirmed the account. ``standing`` is the
    member's relation to the client, if it was loaded with the client.
    """

    user: Any
    authentication: Authentication
    is_certain: bool = True
    standing: Standing | None = None


def redirect_uri_is_registered(*, client: Client, redirect_uri: str | None) -> bool:
    """Return whether responses may go to this URI. A missing one is never replaced by a registered one."""
    return redirect_uri is not None and redirect_uri_matches(redirect_uri, client.redirect_uris)


def decide(*, request: AuthorizationRequest, client: Client, subject: Subject | None) -> Refusal | Step | None:
    """Return what stands between this request and its code, or None."""
    return outstanding(request, state_of(client), _member_of(request, subject, client))


def fault_of(*, request: AuthorizationRequest, client: Client) -> Refusal | None:
    """Return what is wrong with the request itself, regardless of the member."""
    return refusal_of_request(request, state_of(client))


def is_whom_it_asks_for(*, request: AuthorizationRequest, subject: Subject) -> bool:
    """Return whether the request names this member, or none."""
    return not request.wanted_subs or request.wanted_subs == {_sub_of(subject)}


def answer_request(
    *,
    request: AuthorizationRequest,
    client: Client,
    subject: Subject,
    interaction: Interaction | None = None,
) -> Answer | None:
    """Issue a code to the client, or return None if the interaction was already answered.

    Only after ``decide`` returned None.
    """
    scopes = request.scopes
    with transaction.atomic():
        if not keep_undeleted(client=client, user=subject.user):
            return None
        if not adapters.get_hold_session()(subject.authentication.sid):
            return None
        if interaction is not None and not complete_interaction(interaction=interaction):
            return None
        if request.consent_given:
            give_consent(user=subject.user, client=client, scopes=request.consents)
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
    return _answer(request, code=code)


def refuse_request(
    *,
    request: AuthorizationRequest,
    client: Client,
    refusal: Refusal,
    subject: Subject | None = None,
    interaction: Interaction | None = None,
    by_member: bool = False,
) -> Answer:
    """Return the error response to the client, and finish the interaction if there is one."""
    if interaction is not None:
        complete_interaction(interaction=interaction)
    if refusal.code == "access_denied":
        _tell_denial(client, None if subject is None else str(subject.user.pk), by_member=by_member)
    return refusal_answer(request=request, refusal=refusal)


def note_denial(*, interaction: Interaction, subject: Subject) -> None:
    """Record that this member may not use the client, once per request, however often the page is shown."""
    user = str(subject.user.pk)
    with transaction.atomic():
        if note_denied(interaction=interaction, user_pk=user):
            _tell_denial(interaction.client, user, by_member=False)


def _tell_denial(client: Client, user: str | None, *, by_member: bool) -> None:
    access_denied.send(
        sender=Client,
        event=AccessDenied(user=user, client=client.client_id, client_name=client.name, by_member=by_member),
    )


def refusal_answer(*, request: AuthorizationRequest, refusal: Refusal) -> Answer:
    """Return the refusal as an error response to the client."""
    return _answer(request, error=refusal.code, error_description=refusal.description)


def with_consent(request: AuthorizationRequest) -> AuthorizationRequest:
    """Return the request with the consent that the person just gave."""
    return replace(request, consent_given=True)


def _answer(request: AuthorizationRequest, **parameters: str) -> Answer:
    return answer_to(
        request.get("redirect_uri") or "",
        mode=request.get("response_mode"),
        issuer=conf.issuer(),
        state=request.get("state"),
        parameters=parameters,
    )


def _member_of(request: AuthorizationRequest, subject: Subject | None, client: Client) -> MemberState | None:
    if subject is None:
        return None
    user, standing = subject.user, subject.standing
    return MemberState(
        pk=str(user.pk),
        is_allowed=_may_use(subject, client),
        strong_at=subject.authentication.strong_at,
        consented_scopes=consent_of(user=user, client=client) if standing is None else standing.consented,
        # Only compared with the member whom the request names, and most requests name none.
        sub=_sub_of(subject) if request.wanted_subs else "",
        acr=subject.authentication.acr,
        is_certain=subject.is_certain,
    )


def _may_use(subject: Subject, client: Client) -> bool:
    if subject.standing is None or subject.standing.is_in_groups is None:
        return may_use_client(user=subject.user, client=client)
    return bool(subject.user.is_active) and (not client.is_restricted or subject.standing.is_in_groups)


def _sub_of(subject: Subject) -> str:
    return adapters.get_claims()(subject.user, scopes=frozenset()).sub


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
        acr=released_acr(request, authentication.acr),
        amr=list(authentication.amr),
        sid=authentication.sid,
        claims=request.claims.as_json(),
        client_session=open_client_session(user=subject.user, client=client, sid=authentication.sid),
    ).save(force_insert=True)
    return code
