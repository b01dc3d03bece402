"""A change and its event stand or fall together; a refusal is told when nothing can take it back any more."""

# L12

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.dispatch import Signal

from accounts.models import LoginCode
from audit import events
from audit.models import Event
from config.models import Setting
from config.wiring import receivers
from oidc_clients.models import Client, ClientSession, Consent, SigningKey

from .causes import CAUSES, WITH_A_CHANGE
from .causes.scene import Scene, refetched
from .test_every_event_is_caused import scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

SIGNALS = dict(receivers.signals())
#: The session's row is written with the answer, when no view can fail any more. What let its member in, a code or the
#: set-up, was told in the transaction that used it up.
OF_A_SESSION = {"signed_in"}
#: Written by the audit trail itself, before the file that it tells of begins.
WITHOUT_A_SIGNAL = {"audit_exported"}


class Forced(Exception):
    """What a receiver raises here."""


@contextlib.contextmanager
def heard(signal: Signal, hear: Callable[[Any], None]) -> Iterator[None]:
    """Let ``hear`` be called with each event of a signal, after the audit trail was."""

    def receive(sender: object, event: Any, **_kwargs: Any) -> None:
        hear(event)

    signal.connect(receive)
    try:
        yield
    finally:
        signal.disconnect(receive)


def keys_of(*, changing: bool) -> list[str]:
    """The kinds that tell of a change, or those that tell that there was none."""
    kinds = [events.by_key()[key] for key in CAUSES]
    told = [kind for kind in kinds if kind.name not in WITHOUT_A_SIGNAL | OF_A_SESSION]
    changes = {kind.key: not kind.is_refusal or kind.key in WITH_A_CHANGE for kind in told}
    return sorted(key for key, changed in changes.items() if changed is changing)


def caused(scene: Scene, key: str, hear: Callable[[], None]) -> None:
    """Cause a kind of event, and be called at each of that very kind, inside what sends it."""
    kind, number = events.by_key()[key], len(connection.savepoint_ids)
    known: set[Any] = set()

    def each(event: Any) -> None:
        found = {one.pk for one in Event.objects.filter(name=kind.name) if one.kind.key == key}
        if found - known:
            known.update(found)
            hear()

    with heard(SIGNALS[kind.name], each):
        CAUSES[key](scene)
    assert len(connection.savepoint_ids) == number
    assert known


@pytest.mark.parametrize("key", keys_of(changing=True))
def test_what_tells_of_a_change_is_written_in_its_transaction(scene: Scene, key: str) -> None:
    outside, depths = len(connection.savepoint_ids), []
    caused(scene, key, lambda: depths.append(len(connection.savepoint_ids)))
    assert all(depth > outside for depth in depths), "Sent outside of any transaction"


@pytest.mark.parametrize("key", keys_of(changing=False))
def test_what_tells_of_a_refusal_is_written_after_it(scene: Scene, key: str) -> None:
    outside, depths = len(connection.savepoint_ids), []
    caused(scene, key, lambda: depths.append(len(connection.savepoint_ids)))
    assert all(depth == outside for depth in depths), "Sent inside a transaction that may be rolled back"


@pytest.mark.parametrize("key", keys_of(changing=True))
def test_a_forced_rollback_leaves_no_event(scene: Scene, key: str) -> None:
    def fail() -> None:
        raise Forced

    with contextlib.suppress(Forced, AssertionError):
        caused(scene, key, fail)
    assert [one for one in Event.objects.all() if one.kind.key == key] == []


#: One change of each app: its kind, and whether it is there.
CHANGES: dict[str, Callable[[Scene], bool]] = {
    "member_changed": lambda scene: refetched(scene.member().user).first_name == "Augusta",
    "member_disabled": lambda scene: not refetched(scene.member().user).is_active,
    "login_code_created:how=command": lambda scene: LoginCode.objects.exists(),
    "passkey_renamed": lambda scene: scene.member().passkey.name == "Phone",
    "passkey_removed": lambda scene: len(scene.member().passkeys) == 1,
    "client_created": lambda scene: Client.objects.exists(),
    "consent_revoked": lambda scene: not Consent.objects.exists(),
    "device_ended": lambda scene: ClientSession.objects.filter(kind="device", ended_at__isnull=False).exists(),
    "signing_key_retired": lambda scene: SigningKey.objects.filter(state="retired").exists(),
    "configuration_changed": lambda scene: Setting.objects.exists(),
}


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("key", sorted(CHANGES))
def test_a_forced_rollback_leaves_no_change(scene: Scene, key: str, fails: bool) -> None:
    def act() -> None:
        if fails:
            raise Forced

    with pytest.raises(Forced) if fails else contextlib.nullcontext():
        caused(scene, key, act)
    assert CHANGES[key](scene) is not fails
    assert Event.objects.filter(name=events.by_key()[key].name).exists() is not fails
