"""A virtual authenticator inside a page of a real Chromium, over the Chrome DevTools Protocol.

Nothing of playwright is imported here: whoever has a page has playwright. Three things to know:
an authenticator belongs to one page (a popup needs its own), it accepts three registrations
between two calls of ``clear``, and the RP ID must be a name such as ``localhost``, never an IP address.
"""

from __future__ import annotations

import base64
from types import TracebackType
from typing import Any, Protocol, Self


class CDPSession(Protocol):
    """The part of playwright's ``CDPSession`` that is used."""

    def send(self, method: str, params: dict[str, Any] | None = None) -> Any: ...

    def detach(self) -> None: ...


class Context(Protocol):
    """The part of playwright's ``BrowserContext`` that is used."""

    def new_cdp_session(self, page: Any) -> Any: ...


class Page(Protocol):
    """The part of playwright's ``Page`` that is used."""

    @property
    def context(self) -> Any: ...


class BrowserAuthenticator:
    """Adds an authenticator to ``page`` that answers by itself, with user presence and verification.

    ``transport`` is ``internal`` (this device) or ``usb``, ``nfc``, ``ble``, ``hybrid``; a page can hold one
    internal authenticator beside others. ``synced`` sets the backup flags of the passkeys it makes.
    """

    def __init__(
        self,
        page: Page,
        *,
        transport: str = "internal",
        synced: bool = True,
        user_verification: bool = True,
        presence: bool = True,
    ) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable", {"enableUI": False})
        added = self.session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "ctap2Version": "ctap2_1",
                    "transport": transport,
                    "hasResidentKey": True,
                    "hasUserVerification": user_verification,
                    "isUserVerified": user_verification,
                    "automaticPresenceSimulation": presence,
                    "defaultBackupEligibility": synced,
                    "defaultBackupState": synced,
                }
            },
        )
        self.id: str = added["authenticatorId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the authenticator, but keep the session: a page that loses it hangs in its next ceremony."""
        self._send("removeVirtualAuthenticator")

    def credentials(self) -> list[dict[str, Any]]:
        """Return what the authenticator holds, as the protocol's ``Credential`` objects."""
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def credential_ids(self) -> list[bytes]:
        """Return the ids of the credentials that the authenticator holds."""
        return [base64.b64decode(entry["credentialId"]) for entry in self.credentials()]

    def add_credential(
        self,
        *,
        credential_id: bytes,
        private_key: bytes,
        rp_id: str,
        user_handle: bytes,
        sign_count: int = 0,
        user_name: str = "",
    ) -> None:
        """Plant a passkey that the server knows already. ``private_key`` is PKCS#8 DER."""
        self._send(
            "addCredential",
            credential={
                "credentialId": base64.b64encode(credential_id).decode(),
                "isResidentCredential": True,
                "rpId": rp_id,
                "privateKey": base64.b64encode(private_key).decode(),
                "userHandle": base64.b64encode(user_handle).decode(),
                "signCount": sign_count,
                "userName": user_name,
                "userDisplayName": user_name,
                "backupEligibility": True,
                "backupState": True,
            },
        )

    def set_credential(self, credential_id: bytes, **properties: Any) -> None:
        """Change ``signCount``, ``backupEligibility`` or ``backupState`` of a held credential."""
        self._send("setCredentialProperties", credentialId=base64.b64encode(credential_id).decode(), **properties)

    def remove_credential(self, credential_id: bytes) -> None:
        """Forget one credential."""
        self._send("removeCredential", credentialId=base64.b64encode(credential_id).decode())

    def clear(self) -> None:
        """Forget every credential."""
        self._send("clearCredentials")

    def set_user_verified(self, verified: bool) -> None:
        """Let the person fail, or pass, at proving who they are to the device."""
        self._send("setUserVerified", isUserVerified=verified)

    def set_presence(self, present: bool) -> None:
        """Let requests wait for a touch that never comes, or answer them at once."""
        self._send("setAutomaticPresenceSimulation", enabled=present)

    def lie(self, *, bogus_signature: bool = False, bad_uv: bool = False, bad_up: bool = False) -> None:
        """Send wrong answers from now on; called without arguments, honest ones again."""
        self._send("setResponseOverrideBits", isBogusSignature=bogus_signature, isBadUV=bad_uv, isBadUP=bad_up)

    def _send(self, method: str, **params: Any) -> Any:
        return self.session.send(f"WebAuthn.{method}", {"authenticatorId": self.id, **params})
