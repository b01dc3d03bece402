"""The question this app asks its site: how to have something done outside the request."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol, cast

from django.db import transaction
from django.utils.module_loading import import_string

from . import conf


class Enqueue(Protocol):
    """Have ``task`` run soon with these arguments, if the caller's transaction is committed."""

    def __call__(self, task: Any, *args: Any) -> None: ...


def enqueue_task(task: Any, *args: Any) -> None:
    """Default of ``ENQUEUE``: the site's task backend, after the commit."""
    transaction.on_commit(partial(task.enqueue, *args))


def ask_enqueue() -> Enqueue:
    """Return what ``HEARTHKEY_MAILER_ENQUEUE`` names."""
    return cast(Enqueue, _load("ENQUEUE", enqueue_task))


def enqueue(name: str, *args: Any) -> None:
    """Enqueue a task of this app, by its name in ``tasks.py``: tasks call services, so services can't import them."""
    ask_enqueue()(import_string(f"{__package__}.tasks.{name}"), *args)


def _load(name: str, default: Any) -> Any:
    path = conf.adapter_path(name)
    return import_string(path) if path else default
