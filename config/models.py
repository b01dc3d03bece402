"""The project's own tables, each defined in the package that uses it."""

from __future__ import annotations

from .environment.models import KeyCheck
from .jobs.models import Job
from .live.models import Picture, Setting
from .requests.models import RateLimit
from .serving.models import ServedAddress

__all__ = ["Job", "KeyCheck", "Picture", "RateLimit", "ServedAddress", "Setting"]
