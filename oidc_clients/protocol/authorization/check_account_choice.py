from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_account_choice(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """The member is the one asked for, and knows that it is them who goes on.

    Asked when the request names somebody else, by ``select_account``, and where several people use the browser. The answer
    is for one member: after a change of member it is asked again. Who used a passkey since the request arrived has chosen.
    """
    if member is None:
        return Step.CHOOSE_ACCOUNT
    if not request.wanted_subs <= {member.sub}:
        if "none" in request.prompts:
            return Refusal("login_required", "Another member is signed in than the one asked for.")
        return Step.CHOOSE_ACCOUNT
    if "none" in request.prompts or (member.is_certain and "select_account" not in request.prompts):
        return None
    if request.chosen_user == member.pk or (member.strong_at is not None and member.strong_at >= request.arrived_at):
        return None
    return Step.CHOOSE_ACCOUNT
