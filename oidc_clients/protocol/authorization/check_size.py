from __future__ import annotations

from typing import Final

from .request import KEPT_PARAMETERS, AuthorizationRequest, ClientState, MemberState, Refusal

MAX_BYTES: Final = 8192


def check_size(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Anybody may begin a request, and what is kept of it until its person comes back has a limit in all."""
    values = request.parameters.values
    kept = sum(len(values[name].encode("utf-8", "surrogatepass")) for name in KEPT_PARAMETERS & values.keys())
    if kept > MAX_BYTES:
        return Refusal("invalid_request", f"The parameters have more than {MAX_BYTES} bytes in all.")
    return None
