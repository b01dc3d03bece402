"""Shades of one colour that can be read, by the formulas of WCAG 2.2 (1.4.3): at least 4.5 to 1 for text.

An operator chooses one colour. For each theme, and for mails, it is made lighter or darker - hue and saturation stay -
until it can be read on everything that pages put under it, and the text on it is black or white, whichever is read better.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Final

AA: Final = 4.5
#: What shades aim at, so that rounding to eight bits never falls below :data:`AA`.
_GOAL: Final = 4.55

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """The grounds of one theme, as the stylesheets have them."""

    page: str
    surface: str
    text: str
    #: How much of the colour is in the soft ground of badges and of what the pointer is on.
    softness: float
    is_dark: bool


LIGHT: Final = Theme(page="#faf6f0", surface="#ffffff", text="#2a211c", softness=0.1, is_dark=False)
DARK: Final = Theme(page="#191411", surface="#241d19", text="#f3ebe3", softness=0.16, is_dark=True)
#: Grounds of the administration, where they differ.
ADMIN_LIGHT: Final = ("#faf6f0", "#f3ebe1", "#fdf3ea", "#fbe9dd", "#ffffff")
ADMIN_DARK: Final = ("#191411", "#241d19", "#33241b", "#43291a")


@dataclass(frozen=True, slots=True)
class Shades:
    """One colour for one theme, as ``#rrggbb``."""

    accent: str
    strong: str
    soft: str
    on_accent: str


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(ground: str) -> str:
    """Return black or white, whichever is read better; the better one always reaches :data:`AA`."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, ground))


def shades(colour: str, theme: Theme) -> Shades:
    """Return the shades of a colour that a theme's pages use."""
    soft = _mixed(colour, theme.surface, theme.softness)
    while contrast(theme.text, soft) < 7:
        soft = _mixed(soft, theme.surface, 0.8)
    accent = readable(colour, (theme.page, theme.surface, soft), darker=not theme.is_dark)
    strong = _shifted(accent, 0.09 if theme.is_dark else -0.09)
    ink = text_on(accent)
    if contrast(ink, strong) < AA:
        strong = accent
    return Shades(accent, strong, soft, ink)


def readable(colour: str, grounds: tuple[str, ...], *, darker: bool) -> str:
    """Return the colour, made darker or lighter as far as it takes to read it on all of the grounds."""
    shade = colour
    for _step in range(200):
        if all(contrast(shade, ground) >= _GOAL for ground in grounds):
            return shade
        shade = _shifted(shade, -0.01 if darker else 0.01)
    return "#000000" if darker else "#ffffff"


def button_of(colour: str) -> str:
    """Return the colour as a ground for white text, as the administration's buttons have it in both themes."""
    return readable(colour, ("#ffffff",), darker=True)


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _shifted(colour: str, by: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    return _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + by)), saturation))


def _mixed(colour: str, ground: str, share: float) -> str:
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(_parts(colour), _parts(ground), strict=True))
    return _hex((red, green, blue))


def _parts(colour: str) -> Rgb:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(parts: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
