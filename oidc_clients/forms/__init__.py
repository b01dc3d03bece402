"""The operators' forms. They judge shape; whether a client may be registered so is decided by the services."""

from __future__ import annotations

from .clients import ClientForm, NewClientForm
from .secrets import NewSecretForm

__all__ = ["ClientForm", "NewClientForm", "NewSecretForm"]
