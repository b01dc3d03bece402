from __future__ import annotations

import io
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image

from accounts.services.initials import initials_of

pytestmark = pytest.mark.django_db


def picture(key: object, **headers: str) -> object:
    return Client(headers={"host": "localhost", **headers}).get(f"/api/users/{key}/profile-picture.png")


def test_everybody_has_a_picture_and_clients_may_show_it() -> None:
    ada = get_user_model().objects.create(username="ada", first_name="Ada", last_name="Lovelace")
    answer = picture(ada.pk)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    image = Image.open(io.BytesIO(answer.content))
    assert image.size == (300, 300)
    assert len(image.getcolors(maxcolors=70_000)) > 1
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_picture_that_is_known_already_is_not_sent_again_until_the_name_changes() -> None:
    ada = get_user_model().objects.create(username="ada", first_name="Ada", last_name="Lovelace")
    etag = picture(ada.pk).headers["ETag"]
    assert picture(ada.pk, **{"if-none-match": f"W/{etag}"}).status_code == 304
    get_user_model().objects.filter(pk=ada.pk).update(last_name="Byron")
    assert picture(ada.pk, **{"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("key", [uuid.UUID(int=7), "1", "x", "%00", "9" * 400, "../x", "é"])
def test_nobody_has_none(member: object, key: object) -> None:
    assert picture(key).status_code == 404


def test_a_disabled_member_keeps_their_picture_and_a_deleted_one_does_not() -> None:
    ada = get_user_model().objects.create(username="ada", is_active=False)
    assert picture(ada.pk).status_code == 200
    key = ada.pk
    ada.delete()
    assert picture(key).status_code == 404


def test_a_picture_is_only_shown() -> None:
    ada = get_user_model().objects.create(username="ada")
    path = f"/api/users/{ada.pk}/profile-picture.png"
    client = Client(headers={"host": "localhost"})
    assert [client.head(path).status_code, client.post(path).status_code, client.put(path).status_code] == [
        200,
        405,
        405,
    ]


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ada de la Tour", "AT"),
        ("ünal Şahin", "US"),
        ("ßen", "S"),
        ("(Ada) Lovelace", "L"),
        ("  ", ""),
        ("李 小龍", ""),
        ("🔥", ""),
    ],
)
def test_initials_are_those_of_the_first_and_the_last_name(name: str, initials: str) -> None:
    assert initials_of(name) == initials


@pytest.mark.parametrize("name", ["李 小龍", "🔥", "\u202e", "x" * 100])
def test_a_name_that_the_font_has_no_letters_for_gets_a_picture_too(name: str) -> None:
    member = get_user_model().objects.create(username="li", display_name=name)
    assert picture(member.pk).status_code == 200
