"""Uploaded pictures, decoded and written anew: no byte of an upload reaches a browser, its EXIF data least of all."""

from __future__ import annotations

import io
import threading
import warnings
from typing import Final

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from ..exceptions import PictureRefused

MAX_BYTES: Final = 8 * 1024 * 1024
#: A photograph of a telephone has 12 or 24 million.
MAX_PIXELS: Final = 25_000_000
SIDE: Final = 300

# Pillow tries only these decoders, whatever the file's name or declared type says.
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
_EXIF_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TOO_LARGE: Final = _("This picture is too large. Choose one with at most 25 megapixels.")
# A decoded picture takes up to a hundred megabytes, so each process decodes one at a time.
_ONE_AT_A_TIME: Final = threading.Lock()


def rewrite_picture(upload: bytes) -> bytes:
    """Return the middle of an uploaded JPEG, PNG, GIF or WebP, the right way up, as a PNG of 300 by 300 pixels.

    Of an animation the first picture is taken.

    :raises PictureRefused: it is anything else, damaged, or over ``MAX_BYTES`` or ``MAX_PIXELS``.
    """
    if len(upload) > MAX_BYTES:
        raise PictureRefused(_("This picture is too large. Choose one of at most 8 MB."))
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            # A header that promises too much is refused before a pixel is decoded, Pillow's own warning included.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = _decode(upload)
    except PictureRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(_TOO_LARGE) from error
    except UnidentifiedImageError as error:
        raise PictureRefused(_("Choose a JPEG, PNG, GIF or WebP picture.")) from error
    # The decoders meet damage with whatever they stumble over: OSError, SyntaxError, struct.error, zlib.error, KeyError
    # and more, by version. An upload must never be more than refused, so this is no list of names.
    except Exception as error:
        raise PictureRefused(_("This picture is damaged. Save it again or choose another one.")) from error
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _decode(upload: bytes) -> Image.Image:
    with Image.open(io.BytesIO(upload), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise PictureRefused(_TOO_LARGE)
        # Decoding alone would take a file that lacks its end; this walks all of it, and closes it.
        image.verify()
    with Image.open(io.BytesIO(upload), formats=_FORMATS) as image:
        turn = _TURNS.get(image.getexif().get(_EXIF_ORIENTATION, 1))
        # A photograph need not be decoded in all its size.
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        middle = image.crop((left, top, left + side, top + side))
        is_clear = middle.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
        small = middle.convert("RGBA" if is_clear else "RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    # A new image takes over the pixels and leaves text, EXIF data and colour profiles behind.
    plain = Image.new(small.mode, small.size)
    plain.paste(small.transpose(turn) if turn is not None else small)
    return plain
