from __future__ import annotations

from ... import pkce
from ..state import CodeAttempt, GrantState, Refused


def check_pkce(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """With a challenge the verifier is mandatory; without one a verifier is refused (RFC 9700 §4.8.2)."""
    if not grant.code_challenge:
        # A client that sends a verifier had sent a challenge: somebody dropped it on the way.
        return None if attempt.verifier is None else Refused("unexpected_verifier")
    if attempt.verifier is None:
        return Refused("missing_verifier")
    return None if pkce.verifier_matches(attempt.verifier, grant.code_challenge) else Refused("wrong_verifier")
