from __future__ import annotations

import re

from .request import AuthorizationRequest, ClientState, MemberState, Refusal

_SECONDS = re.compile(r"[0-9]{1,9}")


def check_max_age(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Check that ``max_age`` is a non-negative whole number of seconds (OpenID Connect Core §3.1.2.1)."""
    value = request.get("max_age")
    if value is not None and not _SECONDS.fullmatch(value):
        return Refusal("invalid_request", "The max_age is a whole number of seconds.")
    return None
