"""What a client that sends somebody to sign out asks for (OpenID Connect RP-Initiated Logout §2, §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.core import signing
from django.utils.translation import gettext as _

from .. import conf
from ..exceptions import LogoutRefused
from ..models import Client
from ..protocol.logout import logout_address, may_lead_to
from ..protocol.parameters import Parameters
from .clients_lookup import find_client
from .id_token_hints import Hint, HintRefused, read_hint

_SALT: Final = "hearthkey oidc_clients logout request"


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A logout request that was found valid. ``hint`` is None where none came, or one that proves nothing."""

    client: Client | None = None
    hint: Hint | None = None
    redirect_uri: str | None = None
    state: str | None = None

    @property
    def address(self) -> str | None:
        """Where the browser goes on to afterwards, or None to stay."""
        return None if self.redirect_uri is None else logout_address(self.redirect_uri, state=self.state)

    def is_about(self, *, sub: str, sid: str) -> bool:
        """Whether the hint names this member in this very session: then they need not be asked."""
        return self.hint is not None and bool(sid) and (self.hint.sub, self.hint.sid) == (sub, sid)


def understand(parameters: Parameters) -> LogoutRequest:
    """The request as its parameters say it; raises LogoutRefused, and nothing was done.

    ``logout_hint`` and ``ui_locales`` are accepted and decide nothing.
    """
    if parameters.repeated or parameters.malformed:
        raise LogoutRefused(_("The app that sent you here made an invalid request: a value was repeated or too long."))
    hint = _hint_of(parameters)
    client_id, redirect_uri = parameters.get("client_id"), parameters.get("post_logout_redirect_uri")
    if hint is not None and client_id is not None and client_id != hint.client_id:
        raise LogoutRefused(_("The app that sent you here referred to another app's sign-in."))
    # A hint that proves nothing is as none: its person is asked, and goes back where the named client is registered.
    named = hint.client_id if hint is not None else client_id
    if redirect_uri is not None and named is None and parameters.get("id_token_hint") is not None:
        raise LogoutRefused(_("The app that sent you here didn't prove which app it is, so you can't return to it."))
    client = find_client(named)
    if redirect_uri is not None and named is not None:
        _require_registered(client, redirect_uri)
    if client is None:
        redirect_uri = None
    return LogoutRequest(client=client, hint=hint, redirect_uri=redirect_uri, state=parameters.get("state"))


def keep(asked: LogoutRequest) -> str:
    """A valid request as a signed text, for the way through the browser: it holds no ID token."""
    hint = asked.hint
    return _signed(
        {
            "client": None if asked.client is None else asked.client.client_id,
            "hint": None if hint is None else [hint.sub, hint.client_id, hint.sid],
            "uri": asked.redirect_uri,
            "state": asked.state,
        }
    )


def keep_refusal(error: LogoutRefused) -> str:
    """Return a signed text for which :func:`kept` raises this refusal again."""
    return _signed({"refused": error.message})


def kept(text: str) -> LogoutRequest:
    """Return the request that :func:`keep` signed, checked again.

    Raises LogoutRefused if it is too old or not ours, and for a text that :func:`keep_refusal` signed.
    """
    try:
        found = signing.loads(text, salt=_SALT, max_age=conf.interaction_lifetime())
    except signing.BadSignature as error:
        raise LogoutRefused(_("It took too long, or part of the URL is missing.")) from error
    if "refused" in found:
        raise LogoutRefused(found["refused"])
    client = find_client(found["client"])
    if found["uri"] is not None:
        # It may have been taken from the list meanwhile.
        _require_registered(client, found["uri"])
    hint = None if found["hint"] is None else Hint(*found["hint"])
    return LogoutRequest(client=client, hint=hint, redirect_uri=found["uri"], state=found["state"])


def _signed(value: dict[str, Any]) -> str:
    return signing.dumps(value, salt=_SALT, compress=True)


def _hint_of(parameters: Parameters) -> Hint | None:
    token = parameters.get("id_token_hint")
    if token is None:
        return None
    try:
        # A client may come long after the hour that its ID token was good for.
        return read_hint(token, allow_expired=True)
    except HintRefused:
        return None


def _require_registered(client: Client | None, redirect_uri: str) -> None:
    if client is None:
        raise LogoutRefused(_("The app that sent you here isn't registered or has been removed."))
    if not may_lead_to(redirect_uri, client.post_logout_redirect_uris):
        raise LogoutRefused(
            _("%(client)s asked to send you to an address that isn't registered for it.") % {"client": client.name}
        )
