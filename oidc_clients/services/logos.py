"""Clients' logos. What is stored was written by Pillow here; no byte of an upload reaches a browser."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from PIL import Image, UnidentifiedImageError

from ..exceptions import LogoRefused
from ..models import Client, ClientLogo

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_PIXELS: Final = 4_000_000
SIDE: Final = 512  # Shown at most this large; a bigger one is scaled down.

# Pillow tries only these decoders, whatever the file's name or declared type says.
_FORMATS: Final = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True)
class Logo:
    """An image that was decoded and written anew."""

    data: bytes
    content_type: str
    etag: str


def rewrite_logo(*, upload: bytes) -> Logo:
    """The uploaded image, written anew as PNG without metadata.

    Raises LogoRefused for anything but a whole PNG, JPEG or WebP within ``MAX_BYTES`` and ``MAX_PIXELS``.
    """
    if len(upload) > MAX_BYTES:
        raise LogoRefused("A logo has at most 2 MB.")
    out = io.BytesIO()
    _decode(upload).save(out, format="PNG", optimize=True)
    data = out.getvalue()
    return Logo(data=data, content_type="image/png", etag=hashlib.sha256(data).hexdigest()[:32])


def _decode(upload: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # A header that promises too much is refused before a pixel is decoded, Pillow's own warning included.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise LogoRefused("A logo has at most 4 megapixels, such as 2000 by 2000.")
                # Decoding alone would take a file that lacks its end; this walks all of it, and closes it.
                image.verify()
            with Image.open(io.BytesIO(upload), formats=_FORMATS) as image:
                image.load()
                # A new image takes over the pixels and leaves text chunks, EXIF and colour profiles behind.
                pixels = image.convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoRefused("A logo has at most 4 megapixels, such as 2000 by 2000.") from error
    except UnidentifiedImageError as error:
        raise LogoRefused("Upload a PNG, JPEG or WebP image.") from error
    except LogoRefused:
        raise
    # Three decoders meet damage with whatever they stumble over: OSError, SyntaxError, struct.error, zlib.error, KeyError
    # and more, by version. An upload must never be more than refused, so this is no list of names.
    except Exception as error:
        raise LogoRefused("This image is damaged. Export it again and upload that.") from error
    pixels.thumbnail((SIDE, SIDE))
    plain = Image.new("RGBA", pixels.size)
    plain.paste(pixels)
    return plain


def store_logo(*, client: Client, logo: Logo | None) -> None:
    """The client's logo is this one; None removes it. Whoever calls sends the client's event."""
    if logo is None:
        ClientLogo.objects.filter(client=client).delete()
        return
    ClientLogo.objects.update_or_create(
        client=client,
        defaults={
            "data": logo.data,
            "content_type": logo.content_type,
            "etag": logo.etag,
            "updated_at": timezone.now(),
        },
    )
