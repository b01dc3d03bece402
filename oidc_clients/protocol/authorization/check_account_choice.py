from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_account_choice(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """``select_account`` is answered for one member; after a change of member it is asked again.

    Who used a passkey since the request arrived has chosen by doing so.
    """
    if "select_account" not in request.prompts:
        return None
    if member is not None and member.strong_at is not None and member.strong_at >= request.arrived_at:
        return None
    return None if member is not None and request.chosen_user == member.pk else Step.CHOOSE_ACCOUNT
