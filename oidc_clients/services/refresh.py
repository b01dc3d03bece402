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
from django.db.models import Exists, OuterRef
from django.utils import timezone

from .. import conf
from ..models import Client, Consent, RefreshToken
from ..protocol.errors import InvalidGrant, InvalidScope
from ..protocol.scopes import known_scopes
from ..protocol.token.refresh_token import first_refusal
from ..protocol.token.state import RefreshAttempt, RefreshState, Refused
from ..signals import RefreshReused, refresh_reused
from .access import may_use_client, revoke_family
from .digests import digest_of
from .tokens import Granted, TokenAnswer, issue_tokens


def refresh_tokens(*, client: Client, refresh_token: str, scope: str | None) -> TokenAnswer:
    """New tokens for a refresh token. Raises InvalidGrant or InvalidScope."""
    with transaction.atomic():
        token = _find(refresh_token)
        outcome = Refused("unknown_token") if token is None else _refresh(token, client, refresh_token, scope)
    if isinstance(outcome, Refused):
        # Raised only now: inside the block it would take back the revocation that a reuse caused.
        error = InvalidScope if outcome.code == "invalid_scope" else InvalidGrant
        raise error(reason=outcome.reason, user=None if token is None else str(token.user_id))
    return outcome


def _find(refresh_token: str) -> RefreshToken | None:
    consent = Consent.objects.filter(user=OuterRef("user"), client=OuterRef("application"))
    found: RefreshToken | None = (
        RefreshToken.objects.filter(token_checksum=digest_of(refresh_token))
        .select_related("user", "client_session")
        .annotate(has_consent=Exists(consent))
        .first()
    )
    return found


def _refresh(token: RefreshToken, client: Client, refresh_token: str, scope: str | None) -> TokenAnswer | Refused:
    now = timezone.now()
    scopes = tuple(token.scope.split())
    state = RefreshState(
        client_pk=token.application_id,
        scopes=scopes,
        expires_at=min(token.idle_expires_at, token.expires_at).timestamp(),
        is_revoked=token.revoked is not None,
        member_is_active=token.user.is_active,
        has_consent=token.has_consent or not token.by_consent,
    )
    attempt = RefreshAttempt(client_pk=client.pk, scope=scope, now=now.timestamp())
    if refused := first_refusal(state, attempt):
        return refused
    if not may_use_client(user=token.user, client=client):
        return Refused("access_lost")
    if token.rotated_at is not None or not _take(token, now):
        token.refresh_from_db(fields=("rotated_at", "grace_answer", "revoked"))
        return _again(token, client, refresh_token, now)
    granted = Granted(
        user=token.user,
        client=client,
        scopes=scopes,
        token_family=token.token_family,
        by_consent=token.by_consent,
        auth_time=token.auth_time,
        acr=token.acr,
        amr=tuple(token.amr),
        sid=token.sid,
        client_session=token.client_session,
        claims=token.claims,
    )
    answer = issue_tokens(granted=granted, scopes=known_scopes(scope) or scopes, now=now, source=token)
    if conf.refresh_grace().total_seconds() > 0:
        kept = _cipher(refresh_token).encrypt(json.dumps(answer.body).encode("utf-8"))
        RefreshToken.objects.filter(pk=token.pk).update(grace_answer=kept.decode("ascii"))
    return answer


def _take(token: RefreshToken, now: datetime) -> bool:
    """Whether this attempt is the one that rotates the token."""
    unused = RefreshToken.objects.filter(pk=token.pk, rotated_at=None, revoked=None)
    return bool(unused.update(rotated_at=now))


def _again(token: RefreshToken, client: Client, refresh_token: str, now: datetime) -> TokenAnswer | Refused:
    """The same answer for a retry of the client's own; the family's end for anything else."""
    if token.revoked is not None or token.rotated_at is None:
        return Refused("revoked_token")
    in_time = now - token.rotated_at <= conf.refresh_grace() and conf.refresh_grace().total_seconds() > 0
    if in_time and token.grace_answer and _successor_is_unused(token):
        return TokenAnswer(json.loads(_cipher(refresh_token).decrypt(token.grace_answer.encode("ascii"))))
    revoke_family(token_family=token.token_family)
    refresh_reused.send(
        sender=RefreshToken,
        event=RefreshReused(user=str(token.user_id), client=client.client_id, client_name=client.name),
    )
    return Refused("refresh_reused")


def _successor_is_unused(token: RefreshToken) -> bool:
    """Whether this is the immediate predecessor of the family's living token."""
    successors = RefreshToken.objects.filter(access_token__source_refresh_token=token, rotated_at=None, revoked=None)
    return bool(successors.exists())


def _cipher(refresh_token: str) -> Fernet:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearthkey oidc_clients refresh grace")
    return Fernet(base64.urlsafe_b64encode(hkdf.derive(refresh_token.encode("utf-8", "surrogatepass"))))
