"""OAuth errors of this provider (RFC 6749 §4.1.2.1, §5.2; RFC 6750 §3.1; OpenID Connect Core §3.1.2.6).

``description`` is for the client's developer. It contains no credentials, no personal data, and only ASCII without
double quotes and backslashes. ``reason`` is the exact cause, only for the log and the audit trail.
"""

from __future__ import annotations

from ..exceptions import OidcClientsError


class OAuthError(OidcClientsError):
    """Base class of the errors in the specifications."""

    code = "invalid_request"
    status = 400
    default_message = "The request is not valid."
    #: The scope that the token lacks, if that is the error (RFC 6750 §3).
    scope = ""
    #: Whether something went wrong. A normal answer to polling isn't logged as a failure.
    is_failure = True

    def __init__(self, description: str | None = None, *, reason: str | None = None, user: str | None = None) -> None:
        super().__init__(description)
        self.description = self.message
        self.reason = reason or self.description
        self.user = user


class InvalidRequest(OAuthError):
    pass


class UnsupportedMediaType(OAuthError):
    status = 415
    default_message = "Send the parameters as application/x-www-form-urlencoded."


class RequestTooLarge(OAuthError):
    status = 413
    default_message = "The request is too large."


class InvalidClient(OAuthError):
    code = "invalid_client"
    status = 401
    default_message = "The client's credentials are missing or wrong."


class InvalidGrant(OAuthError):
    """The description states the cause only to the client that owns the grant, and says nothing about its member."""

    code = "invalid_grant"
    default_message = "The code or token is wrong, expired, used, or was given to another client."


class InvalidScope(OAuthError):
    code = "invalid_scope"
    default_message = "The scope is wider than what was granted."


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"
    default_message = "This grant type is not supported."


class AccessDenied(OAuthError):
    code = "access_denied"
    default_message = "The sign-in was refused."


class AuthorizationPending(OAuthError):
    """RFC 8628 §3.5."""

    code = "authorization_pending"
    default_message = "Nobody has approved the sign-in yet. Ask again after the interval."
    is_failure = False


class SlowDown(OAuthError):
    """RFC 8628 §3.5."""

    code = "slow_down"
    default_message = "Asked too soon. Nobody has approved the sign-in yet; wait five seconds longer from now on."
    is_failure = False


class ExpiredToken(OAuthError):
    """RFC 8628 §3.5."""

    code = "expired_token"
    default_message = "The device code has expired. Ask for a new one."


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"
    default_message = "This client may not use this grant type."


class InvalidToken(OAuthError):
    code = "invalid_token"
    status = 401
    default_message = "The access token is wrong, expired or revoked."


class TokenMissing(OAuthError):
    """A challenge without an error, because a request without a token isn't wrong (RFC 6750 §3.1)."""

    code = ""
    status = 401
    default_message = "Send an access token as Bearer in the Authorization header."


class InsufficientScope(OAuthError):
    code = "insufficient_scope"
    status = 403
    scope = "openid"
    default_message = "The access token was not given for openid."


class TooManyRequests(OAuthError):
    """RFC 9126 §2.3."""

    code = "temporarily_unavailable"
    status = 429
    default_message = "Too many requests came from this address. Try again in a minute."
    is_failure = False


class TemporarilyUnavailable(OAuthError):
    code = "temporarily_unavailable"
    status = 503
    default_message = "The provider can't answer right now."
