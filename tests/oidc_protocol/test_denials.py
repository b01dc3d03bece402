from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group

from oidc_clients.models import Interaction
from oidc_clients.signals import access_denied
from tests.support.oidc_protocol.factories import answer_of, ask, make_client, make_member, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_a_denial_is_told_once_however_often_its_page_is_shown() -> None:
    told: list[Any] = []

    def listen(event: Any, **_: Any) -> None:
        told.append(event)

    group = Group.objects.create(name="insiders")
    client, member, colleague, insider = make_client(groups=(group,)), *map(make_member, ("a", "b", "c"))
    insider.groups.add(group)
    found = signed_in(member)
    access_denied.connect(listen)
    try:
        address = ask(found, client).headers["Location"]
        pages = [found.get(address) for _ in range(3)]
        assert [page.status_code for page in pages] == [403] * 3
        assert {answer_of_denied(page)["state"] for page in pages} == {"a state"}
        assert [event.user for event in told] == [str(member.pk)]
        # Somebody else who signs in for the same request is told of too, and who may use the client is not.
        sign_in(found, colleague)
        assert found.get(address).status_code == 403
        assert [event.user for event in told] == [str(member.pk), str(colleague.pk)]
        sign_in(found, insider)
        assert found.get(address).status_code == 200
        assert len(told) == 2
        consent = found.post(f"/authorize/{Interaction.objects.get().pk}/consent")
        assert answer_of(consent)["code"]
    finally:
        access_denied.disconnect(listen)


def answer_of_denied(page: Any) -> dict[str, str]:
    parameters: dict[str, str] = page.context["answer"].parameters
    return parameters
