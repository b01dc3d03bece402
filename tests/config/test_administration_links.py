from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.services.groups import create_group
from oidc_clients.services.clients import ClientSettings, create_client
from tests.support.accounts.people import browser, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> dict[str, str]:
    """A superuser's browser sees each of these, and what stands on each."""
    root = superuser()
    group = create_group(friendly_name="Family", actor=None)
    settings = ClientSettings(name="App", redirect_uris=["https://app.example.org/callback"])
    client = create_client(settings=settings, actor=None).client
    paths = [
        f"/admin/hearthkey_accounts/user/{root.pk}/change/",
        f"/admin/auth/group/{group.pk}/change/",
        f"/admin/hearthkey_oidc_clients/client/{client.pk}/change/",
    ]
    found = {}
    for path in paths:
        response = browser(root).get(path)
        assert response.status_code == 200, path
        found[path] = response.content.decode()
    return found


def test_no_page_offers_a_view_on_the_site_that_leads_nowhere(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert "View on site" not in text, path
        assert "/admin/r/" not in text, path
        assert "History" in text, path


def test_the_addresses_of_such_views_are_not_there() -> None:
    root = superuser()
    settings = ClientSettings(name="App", redirect_uris=["https://app.example.org/callback"])
    client = create_client(settings=settings, actor=None).client
    kind = ContentType.objects.get_for_model(client)
    operator: Client = browser(root)
    assert operator.get(f"/admin/r/{kind.pk}/{client.pk}/").status_code == 404
    assert operator.get(f"/admin/hearthkey_oidc_clients/client/{client.pk}/history/").status_code == 200
