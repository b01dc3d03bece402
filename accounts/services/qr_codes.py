"""Pictures of links, for the camera of another device."""

from __future__ import annotations

import segno


class QrCode:
    """``text`` as a QR code on its way into a page, which is given its ``str``.

    That is the ``data:`` address of an SVG picture, black on white in every colour scheme and with the quiet zone of four
    modules that readers count on. It holds ``text`` itself, so a page that shows a secret's picture shows the secret;
    its ``repr``, which Django's template log writes of all that a template is given, does not.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        code = segno.make(self._text, error="m", micro=False)
        address: str = code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
        return address

    def __repr__(self) -> str:
        return "<QR code>"
