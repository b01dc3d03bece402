"""Under a host that is not ours nothing but one page is served, so that page needs nothing else."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

FETCHED = re.compile(r"<(?:link|img|script)\b[^>]*>")


@pytest.mark.parametrize("path", ["/", "/login", "/admin/"])
def test_the_page_under_another_host_fetches_nothing(path: str, client: Client) -> None:
    answer = client.get(path, headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert FETCHED.findall(page) == []
    assert f'<a href="{settings.APP_URL}">' in page
    assert "elsewhere.example" in page


@pytest.mark.django_db
def test_the_same_page_under_our_host_fetches_the_stylesheet(member: object, client: Client) -> None:
    answer = client.get("/login", headers={"host": settings.APP_HOST})
    assert answer.status_code == 200
    assert any("hearthkey.css" in tag for tag in FETCHED.findall(answer.content.decode()))
