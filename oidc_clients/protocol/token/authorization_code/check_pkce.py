from __future__ import annotations

from typing import Final

from ... import pkce
from ..state import CodeAttempt, GrantState, Refused

_UNEXPECTED: Final = "There is a code_verifier, but the authorization request had no code_challenge."


def check_pkce(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """Require the verifier if there was a challenge, and reject one if there wasn't (RFC 9700 §4.8.2)."""
    if not grant.code_challenge:
        # A client that sends a verifier also sent a challenge, so someone removed it on the way.
        return None if attempt.verifier is None else Refused("unexpected_verifier", description=_UNEXPECTED)
    if attempt.verifier is None:
        return Refused("missing_verifier", description="The code_verifier is missing.")
    if pkce.verifier_matches(attempt.verifier, grant.code_challenge):
        return None
    return Refused("wrong_verifier", description="The code_verifier does not fit the code_challenge.")
