"""Where the parameters of a response are placed (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode)."""

from __future__ import annotations

from enum import StrEnum


class ResponseMode(StrEnum):
    """Response modes that clients can request. The default of the code flow is the query."""

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"
