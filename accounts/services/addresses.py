"""What is mailed about a member's own address."""

from __future__ import annotations

from typing import Any

from .. import adapters
from ..models import EmailVerification, User


def follow_change(*, user: User, before: User) -> None:
    """Withdraw the link to the address before, and tell whoever reads mail there. Within the change's transaction.

    The last verified address is told too: it may be the only one that is really the member's.
    """
    EmailVerification.objects.filter(user_id=user.pk).delete()
    if not adapters.ask_mail_is_on()():
        return
    old = {address.casefold(): address for address in (before.verified_email, before.email) if address}
    for address in old.values():
        variables: dict[str, Any] = {"old": before.email or address, "new": user.email}
        adapters.ask_send_mail()("email_changed", user=user, to=address, variables=variables)
