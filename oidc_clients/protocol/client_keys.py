"""The public keys that a client registers: a JWK set (RFC 7517 §5). Only public members are stored."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from ..exceptions import ClientRefused
from .rsa_strength import STRONG_RSA, is_weak_rsa
from .strict_json import once

MAX_KEYS: Final = 20
MAX_TEXT: Final = 65_536
MAX_KID: Final = 255
# Longer keys make every verification needlessly expensive.
MAX_RSA_BITS: Final = 8192

# RFC 7518 §6: "k" is a shared secret, the others are parts of private keys.
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_NUMBERS: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}
_CURVES: Final = {"EC": frozenset({"P-256", "P-384", "P-521"}), "OKP": frozenset({"Ed25519", "Ed448"})}
# Algorithms for client assertions, and the curve that each requires.
_ALGORITHMS: Final = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
_LABELS: Final = ("kid", "use", "alg")
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{1,2048}")
_FIELD: Final = "jwks"


def parse_key_set(text: str) -> dict[str, Any]:
    """Parse pasted text: a JWK set, a single key or a list of keys.

    :raises ClientRefused: it is invalid. The message contains none of the text, which may be a private key.
    """
    if len(text) > MAX_TEXT:
        raise ClientRefused("These keys are too long.", field=_FIELD)
    try:
        document = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ClientRefused(
            'Paste the keys as a JWK set in JSON, such as {"keys": [{"kty": "RSA", ...}]}.', field=_FIELD
        ) from error
    return checked_key_set(document)


def checked_key_set(document: object) -> dict[str, Any]:
    """Return the set with only the public members of its keys.

    :raises ClientRefused: a key can't be used; the message names its position.
    """
    keys = _listed(document)
    if not 1 <= len(keys) <= MAX_KEYS:
        raise ClientRefused(f"Paste 1 to {MAX_KEYS} keys.", field=_FIELD)
    checked = [_checked_key(number, key) for number, key in enumerate(keys, 1)]
    kids = [key["kid"] for key in checked if "kid" in key]
    if len(set(kids)) != len(kids):
        raise ClientRefused('Two keys have the same "kid".', field=_FIELD)
    if len(checked) > 1 and len(kids) != len(checked):
        raise ClientRefused('Several keys need a "kid" each, so that a signature can name its key.', field=_FIELD)
    if not any(_verifies(key) for key in checked):
        raise ClientRefused(
            f"None of these keys fits an algorithm that is accepted here: {', '.join(_ALGORITHMS)}.", field=_FIELD
        )
    return {"keys": checked}


def key_names(document: object) -> list[str]:
    """Return the IDs of a set's keys. A key without one is named by its thumbprint (RFC 7638)."""
    if document is None:
        return []
    return [key.get("kid") or JWK(**key).thumbprint() for key in _listed(document)]


def _listed(document: object) -> list[Any]:
    keys = document
    if isinstance(document, dict):
        keys = document.get("keys", [document] if "kty" in document else None)
    if not isinstance(keys, list):
        raise ClientRefused('A JWK set has a list of "keys".', field=_FIELD)
    return keys


def _checked_key(number: int, key: Any) -> dict[str, str]:
    if not isinstance(key, dict):
        raise _refused(number, "it is no JSON object.")
    if PRIVATE_MEMBERS & key.keys():
        raise _refused(
            number,
            "it holds a private key, which only the client may have. Make a new key pair, and paste the public half.",
        )
    kty = key.get("kty")
    if not isinstance(kty, str) or kty not in _NUMBERS:
        raise _refused(number, 'its type ("kty") has to be RSA, EC or OKP.')
    public: dict[str, str] = {"kty": kty}
    if kty in _CURVES:
        public["crv"] = _curve(number, key, kty)
    for name in _NUMBERS[kty]:
        public[name] = _base64url(number, key, name)
    public |= _labels(number, key)
    _try_out(number, public)
    return public


def _curve(number: int, key: dict[str, Any], kty: str) -> str:
    curve = key.get("crv")
    if not isinstance(curve, str) or curve not in _CURVES[kty]:
        raise _refused(number, f'its curve ("crv") has to be one of {", ".join(sorted(_CURVES[kty]))}.')
    return curve


def _base64url(number: int, key: dict[str, Any], name: str) -> str:
    value = key.get(name)
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        raise _refused(number, f'its "{name}" is missing or no base64url.')
    return value


def _labels(number: int, key: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _LABELS:
        value = key.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or not 0 < len(value) <= MAX_KID or not value.isprintable():
            raise _refused(number, f'its "{name}" has to be a text of at most {MAX_KID} characters.')
        found[name] = value
    if found.get("use", "sig") != "sig":
        raise _refused(number, 'its "use" has to be "sig": it is no key for signatures.')
    return found


def _try_out(number: int, public: dict[str, str]) -> None:
    """Load the key, which checks its numbers: a point that isn't on its curve is rejected here."""
    try:
        loaded = JWK(**public).get_op_key("verify")
    except (JWException, ValueError, TypeError) as error:
        raise _refused(number, "it is damaged.") from error
    if is_weak_rsa(loaded):
        raise _refused(number, f"it is weak: {STRONG_RSA}.")
    if isinstance(loaded, RSAPublicKey) and loaded.key_size > MAX_RSA_BITS:
        raise _refused(number, f"an RSA key has at most {MAX_RSA_BITS} bits, this one has {loaded.key_size}.")


def _verifies(key: dict[str, str]) -> bool:
    """Return whether signatures of this key can be verified here."""
    fitting = {name for name, kind in _ALGORITHMS.items() if kind == (key["kty"], key.get("crv"))}
    return key["alg"] in fitting if "alg" in key else bool(fitting)


def _refused(number: int, reason: str) -> ClientRefused:
    return ClientRefused(f"Key {number}: {reason}", field=_FIELD)
