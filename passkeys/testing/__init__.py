"""Authenticators for tests of any site that uses this app.

``SoftAuthenticator`` answers ceremonies in milliseconds, with real signatures, through Django's test client.
``BrowserAuthenticator`` puts a virtual authenticator into a page of a real Chromium.
"""

from __future__ import annotations

from .browser import BrowserAuthenticator
from .soft import Overrides, SoftAuthenticator, SoftCredential, UnsuitableOptions

__all__ = ["BrowserAuthenticator", "Overrides", "SoftAuthenticator", "SoftCredential", "UnsuitableOptions"]
