"""Redeeming an authorization code: one transaction, one conditional update that decides (RFC 6749 §4.1.3)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ..models import Client, Grant
from ..protocol.errors import InvalidGrant
from ..protocol.token.authorization_code import IDENTITY_CHECKS, STATE_CHECKS
from ..protocol.token.checks import first_refusal
from ..protocol.token.standing import what_was_lost
from ..protocol.token.state import CodeAttempt, GrantState, Refused
from ..signals import CodeReplayed, code_replayed
from .access import revoke_family
from .digests import digest_of
from .grant_state import standing_annotations, standing_of_grant
from .granted import granted_by
from .row_locks import keep_undeleted
from .tokens import TokenAnswer, issue_tokens


def redeem_code(*, client: Client, code: str, redirect_uri: str | None, verifier: str | None) -> TokenAnswer:
    """The tokens for a code. Raises InvalidGrant; a refused attempt by anybody else leaves the code as it was."""
    with transaction.atomic():
        grant = _find(code)
        outcome = Refused("unknown_code") if grant is None else _redeem(grant, client, redirect_uri, verifier)
    if isinstance(outcome, Refused):
        # Raised only now: inside the block it would take back the revocation that a replay caused.
        raise InvalidGrant(
            outcome.description, reason=outcome.reason, user=None if grant is None else str(grant.user_id)
        )
    return outcome


def _find(code: str) -> Grant | None:
    found: Grant | None = (
        Grant.objects.filter(code=digest_of(code))
        .select_related("user", "client_session")
        .annotate(**standing_annotations())
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
    )
    attempt = CodeAttempt(client_pk=client.pk, redirect_uri=redirect_uri, verifier=verifier, now=now.timestamp())
    if refused := first_refusal(IDENTITY_CHECKS, state, attempt):
        return refused
    if grant.used_at is not None:
        return _replayed(grant, client)
    if refused := first_refusal(STATE_CHECKS, state, attempt) or what_was_lost(standing_of_grant(grant, client)):
        return refused
    if not keep_undeleted(client=client, user=grant.user):
        return Refused("unknown_code")
    if not Grant.objects.filter(pk=grant.pk, used_at=None, revoked_at=None).update(used_at=now):
        # Something ended what it stood for, or somebody redeemed it at this very moment.
        is_unused = Grant.objects.filter(pk=grant.pk, used_at=None).exists()
        return Refused("revoked_code") if is_unused else _replayed(grant, client)
    granted = granted_by(grant, client)
    return issue_tokens(granted=granted, scopes=granted.scopes, now=now, nonce=grant.nonce)


def _replayed(grant: Grant, client: Client) -> Refused:
    """Somebody has the code besides its owner: what came of it ends (RFC 6749 §4.1.2)."""
    revoke_family(token_family=grant.token_family)
    code_replayed.send(
        sender=Grant,
        event=CodeReplayed(user=str(grant.user_id), client=client.client_id, client_name=client.name),
    )
    return Refused("code_replayed", description="The code was used before.")
