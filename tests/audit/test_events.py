"""Every event has its sentence, for operators and for the member whom it is about."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from accounts import signals as accounts_signals
from audit import events
from config.wiring import receivers
from config.wiring import signals as config_signals
from mailer import signals as mailer_signals
from oidc_clients import signals as oidc_clients_signals
from passkeys import signals as passkeys_signals

MODULES = (accounts_signals, passkeys_signals, oidc_clients_signals, mailer_signals, config_signals)
CLASSES = {
    receivers.event_name(value): value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isclass(value) and dataclasses.is_dataclass(value) and value.__module__.startswith(module.__name__)
}
#: Written by the audit trail itself.
OWN = {"audit_exported"}
ALWAYS = {"subject", "actor", "client", "fields"}


def test_every_signals_event_has_its_sentence_and_every_sentence_its_event() -> None:
    assert {name for name, _signal in receivers.signals()} == set(CLASSES)
    assert {kind.name for kind in events.kinds()} == set(CLASSES) | OWN


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_sentence_names_only_what_its_event_has(name: str) -> None:
    known = {field.name for field in dataclasses.fields(CLASSES[name])} | ALWAYS
    for kind in events.kinds():
        if kind.name == name:
            named = set(re.findall(r"%\((\w+)\)s", f"{kind.operator}{kind.member}"))
            assert named <= known
            assert set(kind.when) <= known


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_last_kind_of_a_name_fits_whatever_its_data(name: str) -> None:
    assert [kind for kind in events.kinds() if kind.name == name][-1].when == {}


def test_the_first_kind_that_fits_is_the_one() -> None:
    assert str(events.kind_of("signed_in", {"method": "code"}).title) == "Signed in with a one-time code"
    assert str(events.kind_of("signed_in", {"method": "else"}).title) == "Signed in"


def test_a_name_that_nobody_described_is_shown_as_it_is() -> None:
    kind = events.kind_of("100%s_sure", {})
    assert str(kind.operator) % events.values({}, subject="", actor="", client="") == "100%s sure."
    assert kind.member == ""


def test_a_sites_own_kinds_win(settings: Any) -> None:
    own = events.Kind("signed_in", "Came in", "%(subject)s came in.")
    settings.HEARTHKEY_AUDIT_KINDS = lambda: [own]
    assert events.kind_of("signed_in", {}) is own


@pytest.mark.parametrize(
    ("data", "key", "shown"),
    [
        ({"after": {"first_name": "A", "email": "b"}}, "fields", "first name, email"),
        ({"fields": ["redirect_uris"]}, "fields", "redirect uris"),
        ({"reason": "member_disabled"}, "reason", "the account was disabled"),
        ({"reason": "never_heard_of"}, "reason", "never heard of"),
        ({"joined": []}, "joined", "–"),
        ({"client_name": "Forgejo"}, "client", "Forgejo"),
        ({}, "subject", "somebody"),
        ({}, "whatever", "–"),
        ({"is_new": True}, "is_new", "yes"),
        ({"name": "100% %(x)s"}, "name", "100% %(x)s"),
    ],
)
def test_values_are_shown_as_people_read_them(data: dict[str, Any], key: str, shown: str) -> None:
    assert events.values(data, subject="", actor="", client="")[key] == shown


def test_the_page_about_the_trail_names_every_event() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text()
    titles: dict[str, list[str]] = {}
    for kind in events.kinds():
        known = titles.setdefault(kind.name, [])
        known += [] if str(kind.title) in known else [str(kind.title)]
    rows = [f"| `{name}` | {' · '.join(known)} |" for name, known in sorted(titles.items())]
    assert page.endswith("\n".join(["| Event | Title |", "|---|---|", *rows]) + "\n")


def test_kinds_that_can_be_chosen_are_told_apart_by_their_titles() -> None:
    titles = [str(kind.title) for kind in events.kinds()]
    assert len(set(titles)) == len(titles) == len(events.by_key())
