"""The signing keys: made once, encrypted at rest, parsed once per process, their state read at most every few seconds."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import conf
from ..exceptions import SigningKeyUnreadable
from ..models import SigningKey
from ..signals import SigningKeyCreated, signing_key_created

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """The key that signs now."""

    kid: str
    private_key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class _KeyState:
    read_at: float
    active_kid: str
    encrypted: str = field(repr=False)
    public_jwks: tuple[dict[str, Any], ...] = ()


_parsing = threading.Lock()
_state: _KeyState | None = None
_parsed: dict[str, RSAPrivateKey] = {}


def signing_key() -> LoadedKey:
    """The active key, made if there is none yet. Raises SigningKeyUnreadable."""
    state = _current_state()
    key = _parsed.get(state.active_kid)
    if key is None:
        with _parsing:
            # Loading a key costs about 30 ms, because its numbers are checked: once per process and key.
            key = _parsed.get(state.active_kid) or _decrypt(state.encrypted)
            _parsed[state.active_kid] = key
    return LoadedKey(state.active_kid, key)


def published_keys() -> list[dict[str, Any]]:
    """The public keys that clients may verify with, as JWKs: public members only."""
    return [dict(key) for key in _current_state().public_jwks]


def ensure_signing_key() -> SigningKey:
    """The active key's row, made if there is none. Any number of processes may call it at once: one key results."""
    existing = SigningKey.objects.filter(state=SigningKey.State.ACTIVE).first()
    return existing or add_signing_key(state=SigningKey.State.ACTIVE)


def add_signing_key(*, state: SigningKey.State) -> SigningKey:
    """A new key in this state, or the one that another process made first: there is one active and one next key."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    public = _public_jwk(key)
    now = timezone.now()
    try:
        with transaction.atomic():
            row = SigningKey.objects.create(
                kid=public["kid"],
                private_key=_encrypt(key),
                public_jwk=public,
                state=state,
                created_at=now,
                activated_at=now if state == SigningKey.State.ACTIVE else None,
            )
            signing_key_created.send(sender=SigningKey, event=SigningKeyCreated(kid=row.kid, algorithm=row.algorithm))
    except IntegrityError:
        return SigningKey.objects.filter(state=state).first() or add_signing_key(state=state)
    forget_key_state()
    return row


def forget_key_state() -> None:
    """Make the next use read the keys' state again, in this process."""
    global _state  # one state per process is the point
    _state = None


def _current_state() -> _KeyState:
    global _state  # one state per process is the point
    state = _state
    # No lock: who holds one while it waits for the database would wait for a thread that waits for the lock.
    if state is None or time.monotonic() - state.read_at > conf.key_state_lifetime().total_seconds():
        _state = state = _read_state()
    return state


def _read_state() -> _KeyState:
    read_at = time.monotonic()
    rows = list(SigningKey.objects.order_by("-created_at"))
    active = next((row for row in rows if row.state == SigningKey.State.ACTIVE), None)
    if active is None:
        active = ensure_signing_key()
    # The active key comes first: some clients look at no other.
    rows = [active, *(row for row in rows if row.pk != active.pk)]
    for kid in _parsed.keys() - {row.kid for row in rows}:
        _parsed.pop(kid, None)
    return _KeyState(read_at, active.kid, active.private_key, tuple(row.public_jwk for row in rows))


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in conf.encryption_keys()])


def _encrypt(key: RSAPrivateKey) -> str:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _fernet().encrypt(der).decode("ascii")


def _decrypt(encrypted: str) -> RSAPrivateKey:
    try:
        key = load_der_private_key(_fernet().decrypt(encrypted.encode("ascii")), password=None)
    except InvalidToken as error:
        logger.critical("The signing key can't be decrypted: none of the configured encryption keys fits.")
        raise SigningKeyUnreadable from error
    if not isinstance(key, RSAPrivateKey):
        raise SigningKeyUnreadable
    return key


def _public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    """The public JWK with the RFC 7638 thumbprint as its id."""
    numbers = key.public_key().public_numbers()
    members = {"e": _integer(numbers.e), "kty": "RSA", "n": _integer(numbers.n)}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode("ascii")
    return {**members, "alg": "RS256", "use": "sig", "kid": base64url(hashlib.sha256(canonical).digest())}


def _integer(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def base64url(value: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
