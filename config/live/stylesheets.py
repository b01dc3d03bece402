"""The operator's colour as a stylesheet, which stands after ours and sets the same custom properties."""

from __future__ import annotations

from .colours import ADMIN_DARK, ADMIN_LIGHT, DARK, LIGHT, Shades, button_of, readable, shades


def site(colour: str) -> str:
    """Return the stylesheet of people's pages."""
    return (
        f":root {{{_properties(shades(colour, LIGHT))}}}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{{_properties(shades(colour, DARK))}}} }}\n"
    )


def administration(colour: str) -> str:
    """Return the stylesheet of the administration, whose buttons carry white text in both themes."""
    button = button_of(colour)
    hover = readable(button, ("#ffffff", "#d9d9d9"), darker=True)
    buttons = (
        f"--button-bg: {button}; --button-hover-bg: {hover}; --default-button-bg: {button}; "
        f"--default-button-hover-bg: {hover}; --primary: {button}; --secondary: {hover};"
    )
    light = readable(colour, ADMIN_LIGHT, darker=True)
    dark = readable(colour, ADMIN_DARK, darker=False)
    return (
        f'html[data-theme="light"], :root {{ {buttons} {_links(light)} }}\n'
        f"@media (prefers-color-scheme: dark) {{ :root {{ {buttons} {_links(dark)} }} }}\n"
    )


def _properties(found: Shades) -> str:
    return (
        f" --accent: {found.accent}; --accent-strong: {found.strong}; --accent-soft: {found.soft};"
        f" --on-accent: {found.on_accent}; "
    )


def _links(colour: str) -> str:
    return f"--link-fg: {colour}; --link-hover-color: {colour}; --link-selected-fg: {colour};"
