"""The variables of a mail at rest: they hold links and codes that open accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .. import conf
from ..exceptions import UnreadableVariables


def encrypt(variables: Mapping[str, Any]) -> str:
    """Return ``variables`` as a Fernet token of their JSON."""
    return _fernet().encrypt(json.dumps(variables, ensure_ascii=False).encode()).decode("ascii")


def decrypt(token: str) -> dict[str, Any]:
    """Return the variables of a token.

    :raises UnreadableVariables: none of the keys fits.
    """
    try:
        found: dict[str, Any] = json.loads(_fernet().decrypt(token.encode()))
    except (InvalidToken, ValueError) as error:
        raise UnreadableVariables("the key that it was encrypted with is not there any more") from error
    return found


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in conf.encryption_keys()])
