"""Forms for administrators. They validate input; the services decide whether a client can be registered."""

from __future__ import annotations

from .clients import ClientForm, NewClientForm
from .secrets import NewSecretForm

__all__ = ["ClientForm", "NewClientForm", "NewSecretForm"]
