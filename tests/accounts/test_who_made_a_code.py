from __future__ import annotations

import pytest

from accounts.exceptions import LoginCodeInvalid
from accounts.models import LoginCode, User
from accounts.services import code_use, codes
from tests.support.accounts.people import browser, make

pytestmark = pytest.mark.django_db


def _token(code: codes.NewCode) -> str:
    return code.link.rsplit("/", 1)[1]


@pytest.mark.parametrize("rank", ["is_staff", "is_superuser"])
def test_a_link_kept_by_an_operator_does_not_open_the_account_that_rose_above_them(rank: str) -> None:
    operator, member = make("operator", is_staff=True), make("ada")
    code, twin = (codes.create_code(user=member, actor=operator) for _ in range(2))
    assert code_use.use_code(token=_token(twin)).user == member
    User.objects.filter(pk=member.pk).update(**{rank: True})
    assert code_use.find_code_owner(token=_token(code)) is None
    with pytest.raises(LoginCodeInvalid):
        code_use.use_code(token=_token(code))
    # Refused, and used up all the same.
    assert not LoginCode.objects.exists()
    User.objects.filter(pk=member.pk).update(**{rank: False})
    with pytest.raises(LoginCodeInvalid):
        code_use.use_code(token=_token(code))


def test_a_link_of_an_operator_who_was_disabled_opens_nothing() -> None:
    operator, member = make("operator", is_staff=True), make("ada")
    code = codes.create_code(user=member, actor=operator)
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert code_use.find_code_owner(token=_token(code)) is None
    User.objects.filter(pk=operator.pk).update(is_active=True)
    assert code_use.use_code(token=_token(code)).user == member


def test_a_link_from_the_command_line_opens_a_superusers_account() -> None:
    member = make("root", is_superuser=True)
    assert code_use.use_code(token=_token(codes.create_code(user=member, actor=None))).user == member


def test_a_link_made_in_the_administration_signs_in_once() -> None:
    root, member = make("root", is_superuser=True), make("ada")
    answer = browser(root).post(f"/admin/hearthkey_accounts/user/{member.pk}/code/")
    assert "no-store" in answer.headers["Cache-Control"]
    [code] = LoginCode.objects.all()
    token = answer.context["code"].link.rsplit("/", 1)[1]
    assert token not in code.token_digest
    assert code_use.use_code(token=token).user == member
