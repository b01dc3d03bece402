"""Shapes of what people enter; the services decide."""

from __future__ import annotations

from .profile import PictureForm, ProfileForm
from .setup import SetupForm

__all__ = ["PictureForm", "ProfileForm", "SetupForm"]
