"""What runs outside a request."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from .refresh import refresh as refresh_file


@task()
def refresh() -> str:
    """Download the file when that is due; return what was done. Meant to run every quarter of an hour: a try that comes
    too early asks nobody.

    :raises GeoIPError: the file could not be had.
    """
    return refresh_file(now=timezone.now())
