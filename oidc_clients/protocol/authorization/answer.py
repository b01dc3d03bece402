"""How a response reaches the client (RFC 6749 §4.1.2, RFC 9207 §2, OAuth 2.0 Multiple Response Types §2.1, Form Post)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..response_mode import ResponseMode


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to the client: the redirect URI, the mode, and the parameters with state and issuer."""

    redirect_uri: str
    mode: ResponseMode
    parameters: dict[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        """Return the URL that carries the response, or to which the form is posted."""
        if self.mode is ResponseMode.FORM_POST:
            return self.redirect_uri
        if self.mode is ResponseMode.FRAGMENT:
            return f"{self.redirect_uri}#{urlencode(self.parameters)}"
        separator = "" if self.redirect_uri.endswith(("?", "&")) else "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{separator}{urlencode(self.parameters)}"


def answer_to(
    redirect_uri: str, *, mode: str | None, issuer: str, state: str | None, parameters: dict[str, str]
) -> Answer:
    """Return the response with the issuer and the state exactly as sent. An unknown mode is replaced by the default."""
    asked = ResponseMode(mode) if mode in list(ResponseMode) else ResponseMode.QUERY
    if asked is ResponseMode.FORM_POST and not redirect_uri.lower().startswith(("https://", "http://")):
        asked = ResponseMode.QUERY
    return Answer(redirect_uri, asked, {**parameters, **({"state": state} if state is not None else {}), "iss": issuer})
