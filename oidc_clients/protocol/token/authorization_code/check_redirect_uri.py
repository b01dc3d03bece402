from __future__ import annotations

from ..state import CodeAttempt, GrantState, Refused


def check_redirect_uri(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """Check that the redirect URI equals that of the authorization request (RFC 6749 §4.1.3)."""
    if grant.redirect_uri == attempt.redirect_uri:
        return None
    text = "is missing" if attempt.redirect_uri is None else "differs from that of the authorization request"
    return Refused("wrong_redirect_uri", description=f"The redirect_uri {text}.")
