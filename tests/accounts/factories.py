"""Members of the tests, made as the product makes them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.backends import LOGIN_CODE_BACKEND
from accounts.models import User
from accounts.services.members import NewMember, create_member


def a_member(username: str, **values: Any) -> User:
    new = NewMember(username=username, email=f"{username}@example.com", **values)
    return create_member(new=new, actor=None)


def signed_in(member: User) -> Client:
    client = Client()
    client.force_login(member, backend=LOGIN_CODE_BACKEND)
    return client
