from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_unsupported(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Reject request objects and registrations by name instead of ignoring them (OpenID Connect Core §3.1.2.6)."""
    for name in ("request", "request_uri", "registration"):
        if name in request.parameters.values:
            return Refusal(f"{name}_not_supported", f"The parameter '{name}' is not supported.")
    return None
