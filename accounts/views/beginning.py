from __future__ import annotations

import secrets
import time
from datetime import timedelta

from django.contrib.auth import login
from django.http import HttpRequest

from .. import conf, signals
from ..backends import LOGIN_CODE_BACKEND
from ..models import User


def begin_session(
    request: HttpRequest, user: User, *, method: str, source: str = "", lifetime: timedelta | None = None
) -> None:
    """Sign ``user`` in with a session that no passkey began, and that says how it began.

    :param method: ``setup`` (the account was just made), ``code`` or ``device``.
    :param source: what is to be known of it later, such as who sent the code.
    :param lifetime: how long it lives at most, however it is used; by default ``CODE_SESSION_LIFETIME``.
    """
    login(request, user, backend=LOGIN_CODE_BACKEND)
    longest = min(conf.code_session_lifetime() if lifetime is None else lifetime, conf.session_absolute())
    request.session["hearthkey_auth"] = {
        "method": method,
        "at": None,
        "passkey": None,
        "source": source,
        # Names the one passkey that may be enrolled in it, whichever of two simultaneous attempts enrols it.
        "enrolment": secrets.token_urlsafe(16),
        "ends": int(time.time() + longest.total_seconds()),
    }
    signals.signed_in.send(sender=None, event=signals.SignedIn(user=str(user.pk), method=method, source=source or None))
