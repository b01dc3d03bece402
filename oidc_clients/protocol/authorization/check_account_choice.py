from __future__ import annotations

from .request import AuthorizationRequest, ClientState, MemberState, Refusal, Step


def check_account_choice(
    request: AuthorizationRequest, client: ClientState, member: MemberState | None
) -> Refusal | Step | None:
    """Check that the member is the requested one and has chosen to continue.

    The person is asked if the request names someone else, with ``select_account``, and if several people use the
    browser. The choice holds for one member: after a change of member it is asked again. Using a passkey after the
    request arrived counts as a choice.
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
