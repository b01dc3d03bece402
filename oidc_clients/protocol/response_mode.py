"""Where the parameters of an answer stand (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode)."""

from __future__ import annotations

from enum import StrEnum


class ResponseMode(StrEnum):
    """What a client may ask for; for the code flow the default is the query."""

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"
