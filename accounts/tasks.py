"""What runs outside a request. Arguments are JSON values; a task that raises is to be run again."""

from __future__ import annotations

from django_tasks import task

from .services import code_requests
from .services.sweep import sweep_all


@task()
def remove_expired() -> int:
    """Remove expired sessions, codes, mailed links and sign-ins on other devices, in batches; return how many rows.

    Meant for every hour.
    """
    return sweep_all()


@task()
def answer_code_request(request_id: str) -> None:
    """Mail a sign-in code to whom an address belongs, if it does. May run more than once: the request is taken first."""
    code_requests.answer_request(request_id=request_id)
