from __future__ import annotations

from ..metadata import PROMPTS
from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_prompt(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Accept only known values, and ``none`` only on its own (OpenID Connect Core §3.1.2.1)."""
    if not request.prompts <= set(PROMPTS):
        return Refusal("invalid_request", f"A prompt is one of: {', '.join(PROMPTS)}.")
    if "none" in request.prompts and len(request.prompts) > 1:
        return Refusal("invalid_request", "The prompt 'none' stands alone.")
    return None
