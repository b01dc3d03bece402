"""Pictures of links, for the camera of another device."""

from __future__ import annotations

import segno


def qr_code(text: str) -> str:
    """Return ``text`` as a QR code: the ``data:`` address of an SVG picture, dark on white in every colour scheme.

    It holds ``text`` itself, so a page that shows a secret's picture shows the secret.
    """
    code = segno.make(text, error="m", micro=False)
    address: str = code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return address
