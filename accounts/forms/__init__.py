"""Shapes of what people enter; the services decide."""

from __future__ import annotations

from .codes import CodeForm, CodeRequestForm
from .profile import PictureForm, ProfileForm
from .setup import SetupForm
from .sign_up import SignUpForm

__all__ = ["CodeForm", "CodeRequestForm", "PictureForm", "ProfileForm", "SetupForm", "SignUpForm"]
