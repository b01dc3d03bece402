"""Why the file of places could not be fetched or read."""

from __future__ import annotations


class GeoIPError(Exception):
    """A stable code and a sentence for the operator, which holds neither the licence key nor the address's query.

    ``retry_after`` is how many seconds the server asked to wait, 0 when it did not say.
    """

    def __init__(self, code: str, message: str, *, retry_after: float = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
