from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_freshness(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Check ``prompt=login``, ``max_age`` and *Require fresh passkey*. Only a recent use of a passkey satisfies them.

    A session that started with a one-time code or another device has no ``strong_at`` and never does.
    """
    earliest = earliest_proof(request, client)
    if earliest is None or (member is not None and member.strong_at is not None and member.strong_at >= earliest):
        return None
    if "none" in request.prompts:
        return Refusal("login_required", "The member has to sign in again.")
    return Step.PROVE_PASSKEY


def earliest_proof(request: AuthorizationRequest, client: ClientState) -> float | None:
    """Return the earliest time at which a passkey must have been used, in seconds since 1970, or None if any session will do."""
    demands: list[float] = []
    if "login" in request.prompts:
        demands.append(request.arrived_at)
    if (max_age := request.get("max_age")) is not None:
        demands.append(request.arrived_at - int(max_age))
    if client.requires_fresh_passkey:
        demands.append(request.arrived_at - request.fresh_window)
    return max(demands, default=None)
