"""Exceptions of this app. Errors that are sent to clients are in ``protocol/errors.py``."""

from __future__ import annotations


class OidcClientsError(Exception):
    """Base class with a stable code, a message for the person and an HTTP status."""

    code = "oidc_clients_error"
    status = 400
    default_message = "This request can't be answered."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default_message
        super().__init__(self.message)


class InvalidRedirectUri(OidcClientsError):
    """The URI can't be a callback URL. Never answered with a redirect."""

    code = "invalid_redirect_uri"
    default_message = "This callback URL is not allowed."


class ClientRefused(OidcClientsError):
    """A client can't be registered or changed like this. ``field`` is the name of the model field at fault."""

    code = "invalid_client_metadata"
    default_message = "This client can't be saved."

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CustomClaimRefused(OidcClientsError):
    """A custom claim can't be saved like this. ``field`` is the name of the model field at fault."""

    code = "invalid_custom_claim"
    default_message = "This claim can't be saved."

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ClientSecretRefused(OidcClientsError):
    """This secret can't be added."""

    code = "invalid_client_secret"
    default_message = "This secret can't be added."


class LogoRefused(OidcClientsError):
    """The upload is not an image that can be used as a logo."""

    code = "invalid_logo"
    default_message = "Upload a PNG, JPEG or WebP image."


class SigningKeyUnreadable(OidcClientsError):
    """A stored signing key can't be decrypted with the configured encryption keys."""

    code = "signing_key_unreadable"
    status = 503
    default_message = "The signing key can't be read."


class SigningKeyUnknown(OidcClientsError):
    """No stored signing key has this ID."""

    code = "signing_key_unknown"
    default_message = "There is no signing key of this id."


class LogoutRefused(OidcClientsError):
    """A client's logout request can't be followed. The person reads the message and may sign out without going back."""

    code = "logout_refused"
    default_message = "This sign-out request is not valid."


class LogoutNotDelivered(OidcClientsError):
    """A client did not accept a logout token. The next attempt may succeed."""

    code = "logout_not_delivered"
    status = 502
    default_message = "The client did not take the logout token."


class UserCodeUnknown(OidcClientsError):
    """No device is waiting for this member with this code: it is wrong, expired, used, or belongs to someone else."""

    code = "user_code_unknown"
    status = 404
    default_message = "No device is waiting with this code."


class InteractionUnusable(OidcClientsError):
    """The pending sign-in doesn't exist, has expired, is complete, or was started in another browser."""

    code = "interaction_unusable"
    default_message = "This sign-in is no longer pending."


class OutboundError(OidcClientsError):
    """A request to another server failed. ``code`` is stable; the message is for administrators."""

    status = 502

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OutboundRefused(OutboundError):
    """Hearthkey doesn't call this address. Trying again is pointless until a setting is changed."""


class OutboundFailed(OutboundError):
    """The other server can't be reached or its answer can't be used. Trying again may help."""
