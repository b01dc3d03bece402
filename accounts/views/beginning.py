from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest

from .. import signals
from ..backends import LOGIN_CODE_BACKEND
from ..models import User


def begin_session(request: HttpRequest, user: User, *, method: str) -> None:
    """Sign ``user`` in with a session that says how it began: ``setup`` or ``code``."""
    login(request, user, backend=LOGIN_CODE_BACKEND)
    request.session["hearthkey_auth"] = {"method": method, "at": None, "passkey": None}
    signals.signed_in.send(sender=None, event=signals.SignedIn(user=str(user.pk), method=method))
