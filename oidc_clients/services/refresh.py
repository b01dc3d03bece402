"""Refreshing with rotation: one transaction, one conditional update that decides (RFC 6749 §6, RFC 9700 §4.14).

For a short time the immediate predecessor gets the very same answer again. It is kept encrypted under a key derived from
the presented token itself, which is stored nowhere: a copy of the database opens none of them.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction
from django.utils import timezone

from .. import conf
from ..models import Client, RefreshToken
from ..protocol.errors import InvalidGrant, InvalidScope
from ..protocol.scopes import known_scopes
from ..protocol.token.checks import first_refusal
from ..protocol.token.refresh_token import IDENTITY_CHECKS, STATE_CHECKS
from ..protocol.token.standing import what_was_lost
from ..protocol.token.state import RefreshAttempt, RefreshState, Refused
from ..signals import RefreshReused, refresh_reused
from .access import revoke_family
from .digests import digest_of
from .grant_state import standing_annotations, standing_of_grant
from .granted import granted_by
from .row_locks import keep_undeleted
from .tokens import TokenAnswer, prepare_tokens, store_tokens


def refresh_tokens(*, client: Client, refresh_token: str, scope: str | None) -> TokenAnswer:
    """New tokens for a refresh token. Raises InvalidGrant or InvalidScope."""
    with transaction.atomic():
        token = _find(refresh_token)
        outcome = Refused("unknown_token") if token is None else _refresh(token, client, refresh_token, scope)
    if isinstance(outcome, Refused):
        # Raised only now: inside the block it would take back the revocation that a reuse caused.
        error = InvalidScope if outcome.code == "invalid_scope" else InvalidGrant
        raise error(outcome.description, reason=outcome.reason, user=None if token is None else str(token.user_id))
    return outcome


def _find(refresh_token: str) -> RefreshToken | None:
    found: RefreshToken | None = (
        RefreshToken.objects.filter(token_checksum=digest_of(refresh_token))
        .select_related("user", "client_session")
        .annotate(**standing_annotations())
        .first()
    )
    return found


def _refresh(token: RefreshToken, client: Client, refresh_token: str, scope: str | None) -> TokenAnswer | Refused:
    now = timezone.now()
    state, attempt = _state_of(token), RefreshAttempt(client_pk=client.pk, scope=scope, now=now.timestamp())
    if refused := first_refusal(IDENTITY_CHECKS, state, attempt):
        return refused
    if token.rotated_at is not None and not _is_in_grace(token, now):
        return _reused(token, client)
    if refused := first_refusal(STATE_CHECKS, state, attempt) or what_was_lost(standing_of_grant(token, client)):
        return refused
    if token.rotated_at is not None:
        return _again(token, refresh_token)
    granted = granted_by(token, client)
    if not keep_undeleted(client=client, user=token.user):
        return Refused("unknown_token")
    prepared = prepare_tokens(granted=granted, scopes=known_scopes(scope) or granted.scopes, now=now, source=token)
    if _take(token, now, _kept(prepared.answer, refresh_token)):
        store_tokens(prepared)
        return prepared.answer
    # Another attempt was first, or somebody revoked the family meanwhile; what was prepared was never stored.
    latest = RefreshToken.objects.filter(pk=token.pk, revoked=None).first()
    if latest is None:
        return Refused("revoked_token")
    return _again(latest, refresh_token) if _is_in_grace(latest, now) else _reused(latest, client)


def _state_of(token: RefreshToken) -> RefreshState:
    return RefreshState(
        client_pk=token.application_id,
        scopes=tuple(token.scope.split()),
        expires_at=min(token.idle_expires_at, token.expires_at).timestamp(),
        is_revoked=token.revoked is not None,
    )


def _take(token: RefreshToken, now: datetime, kept: str) -> bool:
    """Whether this attempt is the one that rotates the token. The answer is kept by the same statement."""
    unused = RefreshToken.objects.filter(pk=token.pk, rotated_at=None, revoked=None)
    return bool(unused.update(rotated_at=now, grace_answer=kept))


def _kept(answer: TokenAnswer, refresh_token: str) -> str:
    if not conf.refresh_grace():
        return ""
    return _cipher(refresh_token).encrypt(json.dumps(answer.body).encode("utf-8")).decode("ascii")


def _again(token: RefreshToken, refresh_token: str) -> TokenAnswer:
    """The same answer, for a retry of the client's own."""
    return TokenAnswer(json.loads(_cipher(refresh_token).decrypt(token.grace_answer.encode("ascii"))))


def _reused(token: RefreshToken, client: Client) -> Refused:
    """Somebody has the token besides its owner: the family ends (RFC 9700 §4.14.2)."""
    revoke_family(token_family=token.token_family)
    refresh_reused.send(
        sender=RefreshToken,
        event=RefreshReused(user=str(token.user_id), client=client.client_id, client_name=client.name),
    )
    return Refused("refresh_reused", description="The refresh token was used before.")


def _is_in_grace(token: RefreshToken, now: datetime) -> bool:
    """Whether the token was rotated just now and its successor lives unused."""
    if not conf.refresh_grace() or token.rotated_at is None or not token.grace_answer:
        return False
    return now - token.rotated_at <= conf.refresh_grace() and _successor_is_unused(token)


def _successor_is_unused(token: RefreshToken) -> bool:
    """Whether this is the immediate predecessor of the family's living token."""
    successors = RefreshToken.objects.filter(access_token__source_refresh_token=token, rotated_at=None, revoked=None)
    return bool(successors.exists())


def _cipher(refresh_token: str) -> Fernet:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearthkey oidc_clients refresh grace")
    return Fernet(base64.urlsafe_b64encode(hkdf.derive(refresh_token.encode("utf-8", "surrogatepass"))))
