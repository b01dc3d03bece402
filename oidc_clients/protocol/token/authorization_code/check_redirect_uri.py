from __future__ import annotations

from ..state import CodeAttempt, GrantState, Refused


def check_redirect_uri(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """The same redirect URI as in the authorization request, which always carries one (RFC 6749 §4.1.3)."""
    return None if grant.redirect_uri == attempt.redirect_uri else Refused("wrong_redirect_uri")
