"""How each task is tried: how long one run may take, how often, and with which pauses."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oidc_clients.protocol.logout import MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Policy:
    """``lease`` is longer than the task's own timeouts: after it the run counts as dead.

    ``tries`` is how often a job that does not recur is run at most. Between two runs lie ``pause``, doubled each time,
    and at most ``longest_pause``. ``given_up`` is the dotted path of what is called with a job's arguments where its last
    run did not end: one that ends says itself what became of it.
    """

    title: str | Promise = ""
    #: How an operator reads what the task returned; empty shows nothing of it.
    outcome: str | Promise = ""
    lease: timedelta = timedelta(seconds=60)
    tries: int = 8
    pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(hours=1)
    given_up: str = ""

    def pause_after(self, attempts: int) -> timedelta:
        """Return how long to wait after the ``attempts``-th run failed, with a fifth of jitter either way."""
        # The exponent is bounded because a recurring job may fail for years.
        pause = min(self.longest_pause, self.pause * (1 << min(attempts - 1, 30)))
        return pause * (0.8 + 0.4 * secrets.randbelow(1001) / 1000)


def _sweep(title: Promise) -> Policy:
    return Policy(title, outcome=_("%s removed"), lease=timedelta(minutes=5))


#: By the task's dotted path.
POLICIES = {
    "accounts.tasks.remove_expired": _sweep(_("Remove expired sessions and sign-in codes")),
    "accounts.tasks.answer_code_request": Policy(_("Answer a request for a sign-in code")),
    "passkeys.tasks.remove_expired": _sweep(_("Remove passkey ceremonies that nobody finished")),
    "oidc_clients.tasks.remove_expired": _sweep(_("Remove expired codes, tokens and requests")),
    "config.jobs.tasks.remove_expired": _sweep(_("Remove old jobs and rate limits")),
    "audit.tasks.remove_expired": _sweep(_("Remove old events from the audit trail")),
    # The outbox counts the tries of each mail itself; these are for a worker or a database that was away.
    "mailer.tasks.deliver": Policy(_("Send a mail"), outcome="%s", lease=timedelta(minutes=5)),
    "mailer.tasks.deliver_waiting": Policy(
        _("Send the mails that wait"), outcome=_("%s sent"), lease=timedelta(minutes=5)
    ),
    "mailer.tasks.remove_expired": Policy(
        _("Give up mails that came too late"), outcome=_("%s given up"), lease=timedelta(minutes=5)
    ),
    "audit.geoip.tasks.refresh": Policy(
        _("Download the file of places when it is due"), outcome="%s", lease=timedelta(minutes=15)
    ),
    "oidc_clients.tasks.rotate_keys_when_due": Policy(_("Change the signing key when it is time"), outcome="%s"),
    "oidc_clients.tasks.deliver_logout": Policy(
        _("Tell a client that a session ended"), tries=MAX_ATTEMPTS, given_up="oidc_clients.tasks.give_up_logout"
    ),
}
_DEFAULT = Policy()


def policy_of(task: str) -> Policy:
    """Return the policy of a task, by its dotted path."""
    return POLICIES.get(task, _DEFAULT)
