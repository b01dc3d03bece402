"""Rate limits: one table, one atomic upsert, the same for every worker and replica."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from ..wiring.signals import RateLimitHit, rate_limit_hit
from . import request_context
from .client_address import rate_limit_key
from .models import RateLimit


@dataclass(frozen=True)
class Policy:
    """A token bucket: ``rate`` tokens per ``per`` seconds, at most ``burst`` of them saved up."""

    rate: float
    per: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds in which one token comes back."""
        return self.per / self.rate


#: Per client address.
POLICIES = {
    "api": Policy(rate=100, per=1, burst=300),
    "sign-in": Policy(rate=1, per=5, burst=10),
    "step-up": Policy(rate=1, per=10, burst=5),
    "one-time-code": Policy(rate=1, per=10, burst=5),
    # Mails to addresses that a member only claims to have, and guesses at the links in them.
    "send-verification": Policy(rate=2, per=600, burst=3),
    "verify-email": Policy(rate=1, per=10, burst=5),
    "mail-code": Policy(rate=2, per=600, burst=5),
    "sign-up": Policy(rate=2, per=60, burst=10),
    # Codes that wait for an approval on another device.
    "device-sign-in": Policy(rate=1, per=10, burst=10),
    # How often one address fills the audit trail by hitting one of the others.
    "tell": Policy(rate=1, per=600, burst=1),
    # What strangers leave behind: requests that wait for a person, and refusals in the audit trail.
    "pending-request": Policy(rate=1, per=1, burst=100),
    "refused-client": Policy(rate=1, per=10, burst=30),
}

_UPSERT = """
INSERT INTO {table} AS bucket ("key", full_at) VALUES (%(key)s, %(now)s + %(interval)s)
ON CONFLICT ("key") DO UPDATE SET full_at = {greatest}(bucket.full_at, %(now)s) + %(interval)s
WHERE {greatest}(bucket.full_at, %(now)s) + %(interval)s - %(now)s <= %(span)s
RETURNING full_at
"""


def rate_limit(request: HttpRequest, policy_name: str) -> float | None:
    """Return None when this client may go on, else the seconds to wait. ``policy_name`` is a key of :data:`POLICIES`."""
    client = rate_limit_key(request_context.current().address)
    wait = take(policy_name, client)
    if wait is not None and take("tell", f"{policy_name} {client}") is None:
        rate_limit_hit.send(sender=None, event=RateLimitHit(policy=policy_name))
    return wait


def take(policy_name: str, client: str, *, now: float | None = None) -> float | None:
    """Take one token and return None, or the seconds until the next one when there is none.

    A refused attempt changes nothing, so hammering does not lengthen the wait.

    :param policy_name: a key of :data:`POLICIES`.
    :param client: whom to count, as :func:`config.requests.client_address.rate_limit_key` gives it.
    :param now: seconds since 1970; the clock when None.
    """
    if settings.ENVIRONMENT.disable_rate_limiting:
        return None
    policy = POLICIES[policy_name]
    moment = time.time() if now is None else now
    values: dict[str, str | float] = {
        "key": hashlib.sha256(f"{policy_name}\0{client}".encode()).hexdigest(),
        "now": moment,
        "interval": policy.interval,
        "span": policy.burst * policy.interval,
    }
    greatest = "MAX" if connection.vendor == "sqlite" else "GREATEST"
    statement = _UPSERT.format(table=connection.ops.quote_name(RateLimit._meta.db_table), greatest=greatest)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if cursor.fetchone() is not None:
            return None
    full_at = RateLimit.objects.values_list("full_at", flat=True).filter(key=values["key"]).first() or moment
    return max(full_at + policy.interval - moment - policy.burst * policy.interval, 0.001)
