from __future__ import annotations

import dataclasses
import inspect
from types import ModuleType

import pytest

from accounts import signals as accounts_signals
from audit.models import Event
from config.wiring import receivers
from config.wiring import signals as config_signals
from mailer import signals as mailer_signals
from oidc_clients import signals as oidc_clients_signals
from passkeys import signals as passkeys_signals

MODULES = (accounts_signals, passkeys_signals, oidc_clients_signals, mailer_signals, config_signals)


def event_classes(module: ModuleType) -> list[type]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and dataclasses.is_dataclass(value) and value.__module__.startswith(module.__name__)
    ]


def test_every_event_has_a_signal_and_every_signal_an_audit_receiver() -> None:
    names = dict(receivers.signals())
    assert len(names) > 20
    for module in MODULES:
        for event_class in event_classes(module):
            name = receivers.event_name(event_class)
            assert name in names, f"{event_class} has no signal"
    for name, signal in names.items():
        connected = signal._live_receivers(None)[0]
        assert receivers.write_event in connected, f"{name} is not audited"


@pytest.mark.django_db
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_event_can_be_written(module: ModuleType) -> None:
    for event_class in event_classes(module):
        values = {field.name: _sample(field) for field in dataclasses.fields(event_class)}
        receivers.write_event(None, event_class(**values))
        assert Event.objects.filter(name=receivers.event_name(event_class)).exists()


def _sample(field: dataclasses.Field[object]) -> object:
    text = str(field.type)
    if text.startswith("tuple"):
        return ("a", "b")
    if text.startswith(("dict", "Mapping")):
        return {"a": 1}
    if text.startswith("bool"):
        return True
    if text.startswith("int"):
        return 1
    if field.name in {"user", "actor"}:
        return "00000000-0000-0000-0000-000000000001"
    return "text"
