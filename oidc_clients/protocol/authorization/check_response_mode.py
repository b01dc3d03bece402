from __future__ import annotations

from ..response_mode import ResponseMode
from .request import AuthorizationRequest, ClientState, MemberState, Refusal


def check_response_mode(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | None:
    """Accept only modes listed in discovery. Another mode would put the code where the client doesn't look for it."""
    asked = request.get("response_mode")
    if asked is None:
        return None
    if asked not in list(ResponseMode):
        return Refusal("invalid_request", f"The response_mode is one of: {', '.join(ResponseMode)}.")
    # A browser passes only a URL to an app's own scheme, never a form.
    redirect_uri = (request.get("redirect_uri") or "").lower()
    if asked == ResponseMode.FORM_POST and not redirect_uri.startswith(("https://", "http://")):
        return Refusal("invalid_request", "The response_mode form_post needs a redirect_uri of http or https.")
    return None
