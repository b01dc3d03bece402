"""Pictures for members who have none of their own: initials on a colour that stays theirs."""

from __future__ import annotations

import colorsys
import hashlib
import io
import unicodedata
from functools import lru_cache
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = 300
#: Drawn larger and scaled down: Pillow's circles have no soft edge of their own.
_SCALE: Final = 2
_VERSION: Final = 2
_WHITE: Final = (255, 255, 255)


def draw_initials(name: str, key: str) -> tuple[bytes, str]:
    """Return the PNG of this name's initials in the colour of ``key``, and a digest (hex) that changes when it does."""
    return _drawn(initials_of(name), key)


def initials_of(name: str) -> str:
    """Return the first letters of the first and the last word, at most two; empty where the font has no such letters."""
    # Without their accents: the font that Pillow brings knows the plain letters only.
    words = [word for word in unicodedata.normalize("NFKD", name).split() if word[0].isalnum()]
    letters = "".join(word[0].upper()[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))
    return letters if all(_has_glyph(letter) for letter in letters) else ""


@lru_cache(maxsize=256)
def _drawn(letters: str, key: str) -> tuple[bytes, str]:
    digest = hashlib.sha256(f"{_VERSION}|{letters}|{key}".encode()).hexdigest()
    side = SIZE * _SCALE
    image = Image.new("RGB", (side, side), _colour_of(key))
    draw = ImageDraw.Draw(image)
    if letters:
        draw.text((side / 2, side / 2), letters, fill=_WHITE, font=_font(), anchor="mm")
    else:
        _draw_silhouette(draw, side)
    out = io.BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue(), digest[:32]


def _draw_silhouette(draw: ImageDraw.ImageDraw, side: int) -> None:
    head, shoulders = side * 0.16, side * 0.3
    middle, neck = side / 2, side * 0.4
    draw.ellipse((middle - head, neck - head, middle + head, neck + head), fill=_WHITE)
    top = side * 0.64
    draw.ellipse((middle - shoulders, top, middle + shoulders, top + 2 * shoulders), fill=_WHITE)


def _colour_of(key: str) -> tuple[int, int, int]:
    """Return a colour that stays the same for this member, dark enough for white letters."""
    hue = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") / 65536
    red, green, blue = colorsys.hls_to_rgb(hue, 0.32, 0.42)
    return round(red * 255), round(green * 255), round(blue * 255)


@lru_cache(maxsize=1)
def _font() -> Any:
    return ImageFont.load_default(size=SIZE * _SCALE * 0.42)


@lru_cache(maxsize=1024)
def _has_glyph(letter: str) -> bool:
    font = _font()
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))
