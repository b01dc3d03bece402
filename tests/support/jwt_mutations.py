"""Ways to spoil a JWT, for every place that takes one. The place must accept the unspoiled twin and refuse all of these."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwcrypto import jwa, jwe, jwk

#: What forged tokens are signed with: a key that nobody registered.
STRANGER = jwk.JWK.from_pyca(generate_private_key(public_exponent=65537, key_size=2048))
LONGEST = 1_000_000


@dataclass(frozen=True)
class Genuine:
    """A token that is right, and the key that makes it so. The key's public half is what the verifier knows."""

    claims: Mapping[str, Any]
    key: jwk.JWK = field(repr=False)
    alg: str = "RS256"
    typ: str | None = "JWT"

    @property
    def kid(self) -> str:
        return str(self.key["kid"])

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": self.alg, "kid": self.kid, **({"typ": self.typ} if self.typ else {})}

    def signed(
        self,
        claims: Mapping[str, Any] | str | bytes | None = None,
        header: Mapping[str, Any] | str | None = None,
        key: jwk.JWK | None = None,
    ) -> str:
        """The token, with other claims, another header or another key. Texts are taken as they are."""
        return sign(
            self.claims if claims is None else claims, self.header if header is None else header, key or self.key
        )

    def with_header(self, **changes: Any) -> str:
        """The token with these members of the header; None takes one away. The signature is right."""
        return self.signed(header=_changed(self.header, changes))

    def with_claims(self, **changes: Any) -> str:
        """The token with these claims; ABSENT takes one away. The signature is right."""
        return self.signed(_changed(dict(self.claims), {k: None if v is ABSENT else v for k, v in changes.items()}))


ABSENT = object()


def sign(claims: Mapping[str, Any] | str | bytes, header: Mapping[str, Any] | str, key: jwk.JWK) -> str:
    """A compact JWS of these, put together by hand, so that a header may say anything."""
    text = claims if isinstance(claims, str | bytes) else json.dumps(claims)
    payload = base64url(text.encode() if isinstance(text, str) else text)
    protected = header if isinstance(header, str) else json.dumps(header)
    signing_input = f"{base64url(protected.encode())}.{payload}"
    named = json.loads(protected).get("alg")
    fitting = _ALGORITHMS[key["kty"]]
    engine = jwa.JWA.signing_alg(named if named in fitting else fitting[0])
    return f"{signing_input}.{base64url(engine.sign(key, signing_input.encode()))}"


_ALGORITHMS = {"RSA": ("RS256", "PS256", "RS512"), "EC": ("ES256",), "OKP": ("EdDSA",)}


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def forgeries(genuine: Genuine) -> Iterator[tuple[str, str]]:
    """Name and token of everything that no verifier may accept, whatever its claims mean (G07, G08)."""
    good = genuine.signed()
    header, payload, signature = good.split(".")
    public = json.loads(genuine.key.export_public())
    yield from _algorithms(genuine, header, payload)
    yield "signed by a stranger", genuine.signed(key=STRANGER)
    yield "another kid", genuine.with_header(kid="another")
    yield (
        "the kid of nobody, signed by a stranger",
        genuine.signed(header={**genuine.header, "kid": STRANGER.thumbprint()}, key=STRANGER),
    )
    yield "kid is no text", genuine.with_header(kid=["x"])
    yield "kid is a path", genuine.with_header(kid="../../../../dev/null")
    yield "kid is SQL", genuine.with_header(kid="' OR 1=1 --")
    for member, value in (
        ("jwk", json.loads(STRANGER.export_public())),
        ("jku", "https://attacker.example/jwks.json"),
        ("x5u", "https://attacker.example/cert.pem"),
        ("x5c", [base64.b64encode(b"certificate").decode()]),
    ):
        brings = {**genuine.header, member: value}
        yield f"brings its own key by {member}", genuine.signed(header=brings, key=STRANGER)
        yield f"brings a {member} beside the right signature", genuine.signed(header=brings)
        brings.pop("kid")
        yield f"brings its own key by {member} and no kid", genuine.signed(header=brings, key=STRANGER)
    yield "an own public key by jwk", genuine.with_header(jwk=public)
    yield "crit unknown", genuine.with_header(crit=["exp"], exp=1)
    yield "crit empty", genuine.with_header(crit=[])
    yield "crit b64", genuine.with_header(crit=["b64"], b64=False)
    yield "compressed", genuine.with_header(zip="DEF")
    yield "another signature", f"{header}.{payload}.{signature[:-6]}AAAAAA"
    yield "signature of another token", f"{header}.{payload}.{genuine.with_claims(x=1).split('.')[2]}"
    yield "claims of another token", f"{header}.{genuine.with_claims(x=1).split('.')[1]}.{signature}"
    yield "no signature", f"{header}.{payload}."
    yield "two parts", f"{header}.{payload}"
    yield "four parts", f"{good}.{signature}"
    yield "five parts", f"{good}.{signature}.{signature}"
    yield "one part", header
    yield "nothing but dots", ".."
    yield "truncated", good[:-1]
    yield "truncated a lot", good[: len(good) // 2]
    yield "padded", f"{header}.{payload}.{signature}=="
    yield "standard base64", good.replace("-", "+").replace("_", "/") if set("-_") & set(good) else f"{good}+"
    yield "white space inside", f"{header} .{payload}.{signature}"
    yield "JSON serialization", json.dumps({"payload": payload, "protected": header, "signature": signature})
    yield "header is a list", f"{base64url(b'[]')}.{payload}.{signature}"
    yield "header is no JSON", f"{base64url(b'{')}.{payload}.{signature}"
    yield "header is no UTF-8", f"{base64url(bytes([255, 254]))}.{payload}.{signature}"
    yield "header is deep", f"{base64url(b'[' * 5000)}.{payload}.{signature}"
    yield "claims are a list", genuine.signed("[]")
    yield "claims are text", genuine.signed('"claims"')
    yield "claims are no JSON", genuine.signed("{")
    yield "claims are no UTF-8", genuine.signed(b"\xff\xfe")
    yield "claims are deep", genuine.signed("[" * 5000)
    name = next(iter(genuine.claims))
    twice = json.dumps(dict(genuine.claims))[:-1] + f', "{name}": "another"}}'
    yield "a claim stands twice", genuine.signed(twice)
    doubled = json.dumps(genuine.header)[:-1] + f', "alg": "{genuine.alg}"}}'
    yield "a header member stands twice", genuine.signed(header=doubled)
    yield "a megabyte", "A" * LONGEST
    yield "a megabyte of claims", genuine.with_claims(x="A" * LONGEST)
    yield "a megabyte of dots", "." * LONGEST
    yield "encrypted and compressed", _encrypted(genuine, {"zip": "DEF"})
    yield "encrypted", _encrypted(genuine, {})
    yield from password_based(genuine)
    yield "a token in a token", genuine.signed(good)


def password_based(genuine: Genuine) -> Iterator[tuple[str, str]]:
    """Name and token of those whose header asks for millions of rounds of PBKDF2 before anything is known (G08)."""
    costly = {"p2c": 2_000_000_000, "p2s": base64url(b"salt" * 4)}
    for alg in ("PBES2-HS256+A128KW", "PBES2-HS512+A256KW"):
        protected = json.dumps({"alg": alg, "enc": "A128CBC-HS256", "kid": genuine.kid, **costly})
        parts = (protected.encode(), b"k" * 40, b"i" * 16, b"c" * 64, b"t" * 16)
        yield f"{alg} with an enormous p2c", ".".join(base64url(part) for part in parts)
        yield f"{alg} with an enormous p2c as a signature", genuine.with_header(alg=alg, **costly)
    yield "p2c beside the right signature", genuine.with_header(**costly)


def other_types(genuine: Genuine) -> Iterator[tuple[str, str]]:
    """Name and token of every kind of JWT that this one is not, rightly signed (RFC 8725 §3.11)."""
    for typ in ("at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "", 1, ["JWT"]):
        if typ != genuine.typ:
            yield f"typ {typ!r}", genuine.with_header(typ=typ)


def wrong_claims(genuine: Genuine, *, required: tuple[str, ...], now: float) -> Iterator[tuple[str, str]]:
    """Name and token with one claim of a wrong kind or value, rightly signed: times, issuer and audience."""
    for name in required:
        yield f"{name} missing", genuine.with_claims(**{name: ABSENT})
        for value in ("", [], {}, True, *(("nobody",) if name in ("iss", "sub", "aud") else ())):
            yield f"{name} is {value!r}", genuine.with_claims(**{name: value})
    for value in ("https://attacker.example", f"{genuine.claims['iss']}/", f" {genuine.claims['iss']}", 7):
        yield f"iss is {value!r}", genuine.with_claims(iss=value)
    aud = genuine.claims["aud"]
    for value in (f"{aud}x", f"{aud}/x", [f"{aud}x"], {"aud": aud}, 7):
        yield f"aud is {value!r}", genuine.with_claims(aud=value)
    for value in (int(now) - 3600, 0, -1, str(int(now) + 60), "never", True, [int(now) + 60], 10**400):
        yield f"exp is {str(value)[:20]}", genuine.with_claims(exp=value)


def _algorithms(genuine: Genuine, header: str, payload: str) -> Iterator[tuple[str, str]]:
    for none in ("none", "None", "NONE", "nOnE", ""):
        spoiled = base64url(json.dumps({**genuine.header, "alg": none}).encode())
        yield f"alg {none!r} without a signature", f"{spoiled}.{payload}."
        yield f"alg {none!r} with the signature", f"{spoiled}.{payload}.{genuine.signed().split('.')[2]}"
    # Algorithm confusion: the public key, in each form that it has, as the secret of a MAC (D06).
    public = genuine.key.export_public().encode()
    pem = genuine.key.export_to_pem() if genuine.key["kty"] != "oct" else b""
    der = serialization.load_pem_public_key(pem).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for named, secret in (("JWK", public), ("PEM", pem), ("PEM stripped", pem.strip()), ("DER", der), ("empty", b"")):
        for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            spoiled = base64url(json.dumps({**genuine.header, "alg": alg}).encode())
            mac = hmac.new(secret, f"{spoiled}.{payload}".encode(), digest).digest()
            yield f"{alg} with the public key as {named}", f"{spoiled}.{payload}.{base64url(mac)}"
    if genuine.key["kty"] == "RSA":
        yield "an algorithm that is not offered", genuine.with_header(alg="RS512")
    yield "alg says another one", genuine.with_header(alg="ES512")
    yield "alg is missing", genuine.with_header(alg=None)
    yield "alg is a list", genuine.with_header(alg=[genuine.alg])
    yield "alg in another case", genuine.with_header(alg=genuine.alg.lower())


def _encrypted(genuine: Genuine, header: dict[str, str]) -> str:
    bomb = json.dumps({**genuine.claims, "x": "A" * 100_000})
    protected = {"alg": "RSA-OAEP-256", "enc": "A256GCM", **header}
    token = jwe.JWE(bomb, json.dumps(protected))
    token.add_recipient(genuine.key if genuine.key["kty"] == "RSA" else STRANGER)
    return str(token.serialize(compact=True))


def _changed(found: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


Verdict = Callable[[str], bool]


def accepted(tokens: Iterator[tuple[str, str]], verdict: Verdict) -> list[str]:
    """The names of the tokens that a place accepted: there should be none."""
    return [name for name, token in tokens if verdict(token)]
