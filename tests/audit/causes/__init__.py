"""One function for every kind of event: what somebody does, at a real page or endpoint, so that it happens."""

from __future__ import annotations

import importlib
import pkgutil

from .table import CAUSES, NEVER, WITH_A_CHANGE, Cause

__all__ = ["CAUSES", "NEVER", "WITH_A_CHANGE", "Cause"]

# A new module here is part of the table as it is.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
