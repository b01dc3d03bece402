"""The address that carries an answer back to the client (RFC 6749 §4.1.2, RFC 9207 §2)."""

from __future__ import annotations

from urllib.parse import urlencode


def answer_address(redirect_uri: str, *, issuer: str, state: str | None, **answer: str) -> str:
    """The redirect URI with the answer, the state exactly as sent, and the issuer in its query."""
    pairs = {**answer, **({"state": state} if state is not None else {}), "iss": issuer}
    separator = "" if redirect_uri.endswith(("?", "&")) else "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}{urlencode(pairs)}"
