"""What the ES module says to people."""

from __future__ import annotations

from django.utils.translation import gettext as _


def ceremony_texts() -> dict[str, str]:
    """Return what the ES module says, by the key it knows, translated for this request."""
    return {
        "waiting": _("Follow the steps that your device shows."),
        "cancelled": _("No passkey was used. Try again, or use another device."),
        "exists": _("This device already has a passkey for your account."),
        "unfit": _("This security key cannot hold a passkey. Set a PIN or use another."),
        "failed": _("Something went wrong. Please try again."),
        "offline": _("The service cannot be reached. Check your connection and try again."),
        "reference": _("Reference:"),
        "done": _("Done."),
        "confirm": _("First confirm with one of your passkeys that it is you."),
        "first-use": _("Your passkey was added. Now sign in with it."),
        "use": _("Sign in with a passkey"),
        "again": _("Thank you. Now press the button once more."),
    }
