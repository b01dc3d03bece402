from __future__ import annotations

import pytest

from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db

PAGES = [
    "hearthkey_accounts/user",
    "auth/group",
    "hearthkey_accounts/reservedidentifier",
    "hearthkey_passkeys/passkey",
    "hearthkey_audit/event",
]
HUGE = "9" * 30


@pytest.mark.parametrize("page", [*PAGES, "hearthkey_oidc_clients/client"])
@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "pk__exact=%00",
        "name__regex=(",
        "username__regex=(",
        "key__exact=%00",
        f"id__exact={HUGE}",
        "p=-1",
        f"p={HUGE}",
        "o=x.%00",
    ],
)
def test_a_hostile_list_address_is_answered_below_500(page: str, query: str) -> None:
    root = superuser()
    assert browser(root).get(f"/admin/{page}/").status_code == 200
    assert browser(root).get(f"/admin/{page}/?{query}").status_code < 500


@pytest.mark.parametrize("identifier", ["%00", "x", HUGE, "_5F", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize("page", [*PAGES, "hearthkey_oidc_clients/client"])
def test_a_hostile_row_address_is_answered_below_500(page: str, identifier: str) -> None:
    root = superuser()
    for end in ("change/", "delete/", "history/", ""):
        assert browser(root).get(f"/admin/{page}/{identifier}/{end}").status_code < 500


@pytest.mark.parametrize("value", [HUGE, "x", "\x00", "-1"])
def test_hostile_choices_are_refused_in_the_form(value: str) -> None:
    root, rose = superuser(), make("rose")
    form = {"username": "rose", "groups": value, "user_permissions": value}
    assert browser(root).post(f"/admin/hearthkey_accounts/user/{rose.pk}/change/", form).status_code < 500
    assert (
        browser(root)
        .post("/admin/auth/group/add/", {"friendly_name": "Some", "members": value, "permissions": value})
        .status_code
        < 500
    )
    client = {"name": "App", "redirect_uris": "https://a.example/cb", "allowed_groups": value}
    assert browser(root).post("/admin/hearthkey_oidc_clients/client/add/", client).status_code < 500


@pytest.mark.parametrize("page", [*PAGES, "hearthkey_oidc_clients/client"])
@pytest.mark.parametrize(
    "query", ["created_at__year=99999", "created_at__gte=x", "last_used_at__year=0", "_to_field=x"]
)
def test_a_hostile_filter_is_answered_below_500(page: str, query: str) -> None:
    assert browser(superuser()).get(f"/admin/{page}/?{query}").status_code < 500


@pytest.mark.parametrize("page", [*PAGES, "hearthkey_oidc_clients/client"])
@pytest.mark.parametrize("chosen", ["x", "\x00", "-1", HUGE])
@pytest.mark.parametrize("action", ["disable_members", "enable_members", "delete_selected", ""])
def test_a_hostile_choice_of_rows_is_answered_below_500(page: str, chosen: str, action: str) -> None:
    client = browser(superuser())
    for more in ({}, {"select_across": "1"}, {"index": "9"}, {"index": "x"}):
        form = {"action": action, "_selected_action": chosen, **more}
        assert client.post(f"/admin/{page}/", form).status_code < 500, more


def test_an_honest_choice_of_rows_is_acted_on() -> None:
    root, rose = superuser(), make("rose")
    form = {"action": "disable_members", "_selected_action": str(rose.pk)}
    assert browser(root).post("/admin/hearthkey_accounts/user/", form).status_code == 302
    rose.refresh_from_db()
    assert not rose.is_active
