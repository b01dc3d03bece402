"""Why places are not known, for the operator."""

from __future__ import annotations

import os

from django.utils import timezone

from . import conf, database, refresh, state
from . import source as sources
from .exceptions import GeoIPError


def problem() -> GeoIPError | None:
    """Return what is wrong right now, None when all is well. ``missing`` is no fault where places are not wanted.

    Why a download failed says more than that the file is not there.
    """
    path = conf.path()
    current = database.current()
    if path is None or current is None:
        return None
    found = current.problem()
    is_fetched = sources.current() is not None
    last = state.read(path) if is_fetched else state.State()
    if found is not None and found.code == "missing" and is_fetched:
        if last.code:
            return GeoIPError(last.code, last.message)
        if not os.access(path.parent, os.W_OK):  # then what went wrong could not be noted down either
            return GeoIPError("disk", f"The folder {path.parent} can't be written to.")
        return GeoIPError("pending", "The file has not been downloaded yet; a background job does that.")
    if found is None and last.code and not refresh.is_fresh(path, timezone.now().timestamp()):
        return GeoIPError(last.code, f"The file is old and can't be refreshed: {last.message}")
    return found
