"""The instance's logos: of the environment, else of the table. All that is served was written anew by Pillow."""

from __future__ import annotations

import functools

from oidc_clients.exceptions import LogoRefused
from oidc_clients.services.logos import Logo, rewrite_logo

from ..environment.exceptions import ConfigurationError
from . import values
from .kinds import GivenPicture
from .models import Picture
from .registry import SETTINGS


def find_picture(key: str) -> Logo | None:
    """Return a logo as it is served, or None where there is none."""
    given = values.environment().get(key)
    if isinstance(given, GivenPicture):
        return _rewritten(given)
    row = Picture.objects.filter(pk=key).first()
    return None if row is None else Logo(bytes(row.data), row.content_type, row.etag)


def store_picture(*, key: str, logo: Logo | None) -> None:
    """The picture of this key is this one; None removes it."""
    if logo is None:
        Picture.objects.filter(pk=key).delete()
        return
    columns = {"data": logo.data, "content_type": logo.content_type, "etag": logo.etag}
    Picture.objects.update_or_create(key=key, defaults=columns)


def require_given_pictures() -> None:
    """Make sure that the pictures that the environment names can be shown.

    :raises ConfigurationError: one of them is damaged or too large.
    """
    for key, given in values.environment().items():
        if isinstance(given, GivenPicture):
            try:
                _rewritten(given)
            except LogoRefused as refusal:
                variable = SETTINGS[key].variable
                raise ConfigurationError(f"{variable} names an image that can't be used: {refusal}") from None


@functools.lru_cache(maxsize=4)
def _rewritten(given: GivenPicture) -> Logo:
    return rewrite_logo(upload=given.data)
