from __future__ import annotations

from typing import Final

from .request import KEPT_PARAMETERS, AuthorizationRequest, ClientState, MemberState, Refusal

MAX_BYTES: Final = 8192


def check_size(request: AuthorizationRequest, client: ClientState, member: MemberState | None) -> Refusal | None:
    """Limit the total size of a request, because anyone can start one and it is stored until the person returns."""
    values = request.parameters.values
    kept = sum(len(values[name].encode("utf-8", "surrogatepass")) for name in KEPT_PARAMETERS & values.keys())
    if kept > MAX_BYTES:
        return Refusal("invalid_request", f"The parameters have more than {MAX_BYTES} bytes in all.")
    return None
