"""Redeeming an authorization code: one transaction, one conditional update that decides (RFC 6749 §4.1.3)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from ..models import Client, Consent, Grant
from ..protocol.errors import InvalidGrant
from ..protocol.token.authorization_code import IDENTITY_CHECKS, STATE_CHECKS, first_refusal
from ..protocol.token.state import CodeAttempt, GrantState, Refused
from ..signals import CodeReplayed, code_replayed
from .access import may_use_client, revoke_family
from .digests import digest_of
from .tokens import Granted, TokenAnswer, issue_tokens


def redeem_code(*, client: Client, code: str, redirect_uri: str | None, verifier: str | None) -> TokenAnswer:
    """The tokens for a code. Raises InvalidGrant; a refused attempt by anybody else leaves the code as it was."""
    with transaction.atomic():
        grant = _find(code)
        outcome = Refused("unknown_code") if grant is None else _redeem(grant, client, redirect_uri, verifier)
    if isinstance(outcome, Refused):
        # Raised only now: inside the block it would take back the revocation that a replay caused.
        raise InvalidGrant(reason=outcome.reason, user=None if grant is None else str(grant.user_id))
    return outcome


def _find(code: str) -> Grant | None:
    consent = Consent.objects.filter(user=OuterRef("user"), client=OuterRef("application"))
    found: Grant | None = (
        Grant.objects.filter(code=digest_of(code))
        .select_related("user", "client_session")
        .annotate(has_consent=Exists(consent))
        .first()
    )
    return found


def _redeem(grant: Grant, client: Client, redirect_uri: str | None, verifier: str | None) -> TokenAnswer | Refused:
    now = timezone.now()
    state = GrantState(
        client_pk=grant.application_id,
        redirect_uri=grant.redirect_uri,
        code_challenge=grant.code_challenge,
        expires_at=grant.expires.timestamp(),
        is_used=grant.used_at is not None,
        member_is_active=grant.user.is_active,
        has_consent=grant.has_consent or not grant.by_consent,
    )
    attempt = CodeAttempt(client_pk=client.pk, redirect_uri=redirect_uri, verifier=verifier, now=now.timestamp())
    if refused := first_refusal(IDENTITY_CHECKS, state, attempt):
        return refused
    if state.is_used:
        return _replayed(grant, client)
    if refused := first_refusal(STATE_CHECKS, state, attempt):
        return refused
    if not may_use_client(user=grant.user, client=client):
        return Refused("access_lost")
    if not Grant.objects.filter(pk=grant.pk, used_at=None).update(used_at=now):
        return _replayed(grant, client)
    scopes = tuple(grant.scope.split())
    granted = Granted(
        user=grant.user,
        client=client,
        scopes=scopes,
        token_family=grant.token_family,
        by_consent=grant.by_consent,
        auth_time=grant.auth_time,
        acr=grant.acr,
        amr=tuple(grant.amr),
        sid=grant.sid,
        client_session=grant.client_session,
        claims=grant.claims,
    )
    return issue_tokens(granted=granted, scopes=scopes, now=now, nonce=grant.nonce)


def _replayed(grant: Grant, client: Client) -> Refused:
    """Somebody has the code besides its owner: what came of it ends (RFC 6749 §4.1.2)."""
    revoke_family(token_family=grant.token_family)
    code_replayed.send(
        sender=Grant,
        event=CodeReplayed(user=str(grant.user_id), client=client.client_id, client_name=client.name),
    )
    return Refused("code_replayed")
