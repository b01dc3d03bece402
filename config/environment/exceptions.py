from __future__ import annotations


class ConfigurationError(Exception):
    """The environment can't be used; the text is one line for the operator."""
