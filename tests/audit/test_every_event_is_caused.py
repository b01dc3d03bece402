"""Every kind of event is caused where people and clients cause it, and found where people look for it.

The table stands in ``tests/audit/causes``, one module for each of ``audit/events``. A kind that is new there needs its row,
or the first test here fails. A row is one function:

    @causes("picture_removed")
    def remove_a_picture(scene: Scene) -> None:
        scene.member().post("/account/profile/picture/remove", status=302)

Its key is the kind's own, the name and what the data must have (``signed_in:method=code``); one function may carry several.
It may do whatever comes before, too, as long as the event itself comes from a page, an endpoint, a job or a command.
What is the same for every row is checked here: the operators' list, filtered by this kind, shows the event with its
sentence, and the *Activity* of the member whom it is about shows theirs. A kind that ends the kinds of its name and that
nothing in this project causes is named by ``only_of_other_sites``. ``test_forced_rollback`` walks the same table: what tells of a
change must be sent in its transaction, and of a refusal after it, unless its row says ``with_a_change``.
"""

# L12

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from accounts.models import User
from audit import events
from audit.models import Event
from oidc_clients.services import keys
from tests.support.audit.people import ACTIVITY, LIST, operator
from tests.support.passkey_sessions import begin_passkey_session

from .causes import CAUSES, NEVER
from .causes.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(settings: Any) -> Iterator[Scene]:
    mail.outbox.clear()
    keys.forget_key_state()
    yield Scene(settings)
    keys.forget_key_state()


def test_every_kind_has_its_row_and_every_row_its_kind() -> None:
    known = set(events.by_key())
    assert known - set(CAUSES) - set(NEVER) == set(), "These have no row in tests/audit/causes"
    assert (set(CAUSES) | set(NEVER)) - known == set(), "These are kinds no more"
    assert set(CAUSES) & set(NEVER) == set()


def test_what_nothing_causes_is_the_last_of_its_name_and_never_a_kind_of_its_own() -> None:
    for key in NEVER:
        of_this_name = [kind for kind in events.kinds() if kind.name == key]
        assert len(of_this_name) > 1
        assert of_this_name[-1].when == {}


def signed_in(user: Any) -> Browser:
    browser = Browser()
    begin_passkey_session(browser, user)
    return browser


def shown(browser: Browser, path: str, **query: str) -> str:
    response = browser.get(path, query)
    assert response.status_code == 200, response.content
    return response.content.decode()


@pytest.mark.parametrize("key", sorted(CAUSES))
def test_it_is_caused_and_found(scene: Scene, key: str) -> None:
    CAUSES[key](scene)
    kind = events.by_key()[key]
    found = [event for event in Event.objects.filter(name=kind.name).order_by("-at", "-pk") if event.kind.key == key]
    assert found, f"Nothing wrote {key}, but {sorted({event.kind.key for event in Event.objects.all()})}"
    event = found[0]
    page = shown(signed_in(operator("view_event")), LIST, event=key)
    assert f"{LIST}{event.pk}/change/" in page
    assert escape(event.sentence) in page
    assert "–" not in event.sentence, "Something that the sentence names is missing"
    if kind.member:
        member = User.objects.get(pk=event.subject_id)
        # Who was disabled reads it once they are let in again.
        User.objects.filter(pk=member.pk).update(is_active=True)
        assert escape(event.own_sentence) in shown(signed_in(member), ACTIVITY)
