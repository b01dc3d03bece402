from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, PngImagePlugin

from accounts.models import ProfilePicture, User
from accounts.services import uploads
from accounts.services.members import disable_member
from tests.support.accounts.people import browser, events, make, superuser

pytestmark = pytest.mark.django_db
CHANGE = "/account/profile/picture"
REMOVE = "/account/profile/picture/remove"
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def ada() -> User:
    return make("ada", first_name="Ada")


def drawn(size: tuple[int, int] = (40, 40), colour: Any = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def upload(client: Client, data: bytes, name: str = "me.png") -> Any:
    return client.post(CHANGE, {"picture": SimpleUploadedFile(name, data, "image/png")})


def shown(user: User) -> Image.Image:
    answer = Client().get(f"/api/users/{user.pk}/profile-picture.png")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(answer.content))


def colour_at(user: User, place: tuple[int, int] = (150, 150)) -> tuple[int, ...]:
    return tuple(shown(user).convert("RGB").getpixel(place))


def nearly(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(left - right) < 30 for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_is_shown_to_everybody_as_a_square_png(ada: User, kind: str) -> None:
    before = ada.updated_at
    assert upload(browser(ada), encoded(drawn((70, 50)), kind)).status_code == 302
    image = shown(ada)
    assert (image.format, image.size) == ("PNG", (300, 300))
    assert nearly(colour_at(ada), RED)
    assert User.objects.get(pk=ada.pk).updated_at > before
    (event,) = events("picture_changed")
    assert event.actor_id == event.subject_id == str(ada.pk)


def test_the_middle_is_shown(ada: User) -> None:
    wide = drawn((90, 30), RED)
    wide.paste(GREEN, (30, 0, 60, 30))
    upload(browser(ada), encoded(wide))
    for corner in ((5, 5), (294, 5), (5, 294), (294, 294)):
        assert nearly(colour_at(ada, corner), GREEN)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_picture_stands_upright_and_says_nothing_of_where_it_was_taken(ada: User, orientation: int) -> None:
    upright = drawn((64, 64), BLUE)
    upright.paste(RED, (0, 0, 32, 32))
    upright.paste(GREEN, (32, 0, 64, 32))
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    # What the camera stores is the picture turned the other way.
    stored = upright.transpose(Image.Transpose(turns[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Camera of Ada"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(stored, "JPEG", exif=exif, quality=95, comment=b"secret place")
    assert b"Camera of Ada" in data
    assert upload(browser(ada), data).status_code == 302
    places = ((75, 75), RED), ((225, 75), GREEN), ((75, 225), BLUE), ((225, 225), BLUE)
    assert all(nearly(colour_at(ada, place), colour) for place, colour in places)
    kept = bytes(ProfilePicture.objects.get().data)
    assert b"Camera" not in kept
    assert b"secret" not in kept
    assert {kind for kind, _ in chunks(kept)} == {b"IHDR", b"IDAT", b"IEND"}


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def test_text_and_profiles_of_a_png_are_left_behind(ada: User) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "secret place")
    upload(browser(ada), encoded(drawn(), pnginfo=text, icc_profile=b"profile of a camera"))
    assert b"secret" not in bytes(ProfilePicture.objects.get().data)
    assert "icc_profile" not in shown(ada).info


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken(ada: User, kind: str) -> None:
    data = encoded(drawn(colour=GREEN), kind, save_all=True, append_images=[drawn(colour=RED)] * 20, duration=50)
    assert upload(browser(ada), data).status_code == 302
    assert nearly(colour_at(ada), GREEN)
    assert getattr(shown(ada), "n_frames", 1) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_kind_of_colour_are_taken(ada: User, mode: str) -> None:
    image = drawn(mode="RGBA", colour=(*RED, 120)) if mode == "RGBA" else Image.new(mode, (40, 40))
    assert upload(browser(ada), encoded(image)).status_code == 302
    assert shown(ada).size == (300, 300)


def test_a_clear_background_stays_clear(ada: User) -> None:
    upload(browser(ada), encoded(drawn(mode="RGBA", colour=(0, 0, 0, 0))))
    assert shown(ada).getpixel((10, 10))[3] == 0


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def bomb(side: int) -> bytes:
    """Return a PNG of a few kilobytes that promises ``side`` times ``side`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


NO_PICTURES = {
    "svg": SVG,
    "html": HTML,
    "html after a gif's first bytes": b"GIF89a" + HTML,
    "html after a png's first bytes": b"\x89PNG\r\n\x1a\n" + HTML,
    "html after a jpeg's first bytes": b"\xff\xd8\xff\xe0" + HTML,
    "bmp": encoded(drawn(), "BMP"),
    "tiff": encoded(drawn(), "TIFF"),
    "pdf": encoded(drawn(), "PDF"),
    "ico": encoded(drawn(), "ICO"),
    "postscript": encoded(drawn(), "EPS"),
    "empty": b"",
    "one byte": b"\x89",
    "a bomb of 25 million pixels and more": bomb(5001),
    "a bomb of 65 thousand squared": bomb(65_000),
    "a bomb of two thousand million squared": bomb(2_000_000_000),
    "too many bytes": b"\x89PNG\r\n\x1a\n" + b"\0" * uploads.MAX_BYTES,
}


@pytest.mark.parametrize("what", NO_PICTURES)
def test_what_is_no_picture_of_a_fair_size_is_refused_with_the_reason(ada: User, what: str) -> None:  # M05, M04, V35
    client = browser(ada)
    assert upload(client, encoded(drawn())).status_code == 302
    etag = ProfilePicture.objects.get().etag
    response = upload(client, NO_PICTURES[what])
    assert response.status_code == 400
    assert response.context["picture_form"].errors["picture"]
    assert ProfilePicture.objects.get().etag == etag
    assert len(events("picture_changed")) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.95])
def test_a_picture_that_lacks_its_end_is_refused(ada: User, kind: str, part: float) -> None:  # M05, V42
    noise = Image.frombytes("RGB", (60, 60), hashlib.shake_256(b"noise").digest(60 * 60 * 3))
    data = encoded(noise, kind)
    assert upload(browser(ada), data[: int(len(data) * part)]).status_code == 400
    assert not ProfilePicture.objects.exists()
    assert upload(browser(ada), data).status_code == 302


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_picture_is_refused_or_shown_and_never_an_error(ada: User, seed: int) -> None:  # M05
    data = bytearray(encoded(drawn((50, 50)), ["JPEG", "PNG", "GIF", "WEBP"][seed % 4]))
    damage = hashlib.shake_256(bytes([seed])).digest(3 * (seed // 4 + 1))
    for high, low, value in zip(damage[::3], damage[1::3], damage[2::3], strict=True):
        data[(high * 256 + low) % len(data)] = value
    assert upload(browser(ada), bytes(data)).status_code in (302, 400)
    assert shown(ada).size == (300, 300)


def test_a_photograph_of_24_million_pixels_is_taken(ada: User) -> None:
    assert upload(browser(ada), encoded(drawn((6000, 4000)), "JPEG")).status_code == 302


def test_what_is_far_too_large_is_not_even_read(ada: User) -> None:  # M04
    client = Client(enforce_csrf_checks=True)
    answer = client.post(CHANGE, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(40 * 1024**2))
    assert answer.status_code == 413


@pytest.mark.parametrize("values", [{}, {"picture": "me.png"}, {"file": "x"}])
def test_a_form_without_a_file_is_refused(ada: User, values: dict[str, str]) -> None:
    assert browser(ada).post(CHANGE, values).status_code == 400


def test_a_file_name_is_only_a_name(ada: User) -> None:  # M08
    assert upload(browser(ada), SVG, name='../../<b>"x.svg').status_code == 400
    assert upload(browser(ada), encoded(drawn()), name='../../<b>"x.svg').status_code == 302


def test_a_new_picture_is_fetched_and_a_known_one_is_not(ada: User) -> None:
    path, client = f"/api/users/{ada.pk}/profile-picture.png", browser(ada)
    initials = Client().get(path).headers["ETag"]
    upload(client, encoded(drawn()))
    answer = Client().get(path, headers={"if-none-match": initials})
    assert answer.status_code == 200
    assert Client().get(path, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    client.post(REMOVE)
    assert Client().get(path).headers["ETag"] == initials


def test_removing_it_leads_back_to_the_initials(ada: User) -> None:
    client = browser(ada)
    upload(client, encoded(drawn()))
    before = User.objects.get(pk=ada.pk).updated_at
    assert "Remove picture" in client.get("/account/profile").content.decode()
    assert client.post(REMOVE).status_code == 302
    assert not ProfilePicture.objects.exists()
    assert User.objects.get(pk=ada.pk).updated_at > before
    assert len(events("picture_removed")) == 1
    assert client.post(REMOVE).status_code == 302
    assert len(events("picture_removed")) == 1
    assert "Remove picture" not in client.get("/account/profile").content.decode()


@pytest.mark.parametrize("allowed", [True, False])
def test_the_operator_may_keep_pictures_to_themselves(ada: User, settings: Any, *, allowed: bool) -> None:
    upload(browser(ada), encoded(drawn()))
    etag = ProfilePicture.objects.get().etag
    settings.HEARTHKEY_ACCOUNTS_OWN_EDITING = allowed
    assert upload(browser(ada), encoded(drawn(colour=BLUE))).status_code == (302 if allowed else 403)
    assert (ProfilePicture.objects.get().etag == etag) is not allowed
    assert browser(ada).post(REMOVE).status_code == (302 if allowed else 403)
    assert ProfilePicture.objects.exists() is not allowed


@pytest.mark.parametrize("disabled", [True, False])
def test_who_was_disabled_meanwhile_gets_no_picture(ada: User, *, disabled: bool) -> None:  # L03
    client = browser(ada)
    if disabled:
        disable_member(member=ada, actor=None)
    upload(client, encoded(drawn()))
    assert ProfilePicture.objects.exists() is not disabled


@pytest.mark.parametrize("path", [CHANGE, REMOVE])
def test_strangers_and_forms_of_other_sites_change_no_picture(ada: User, path: str) -> None:  # L10
    from tests.support.passkey_sessions import begin_passkey_session  # noqa: PLC0415

    upload(browser(ada), encoded(drawn()))
    etag = ProfilePicture.objects.get().etag
    strict = Client(enforce_csrf_checks=True)
    begin_passkey_session(strict, ada)
    for client in (Client(), strict):
        answer = client.post(path, {"picture": SimpleUploadedFile("me.png", encoded(drawn(colour=BLUE)))})
        assert answer.status_code in (302, 403)
    assert ProfilePicture.objects.get().etag == etag
    strict.get("/account/profile")
    token = strict.cookies["hearthkey_csrf"].value
    picture = SimpleUploadedFile("me.png", encoded(drawn(colour=BLUE)))
    assert strict.post(path, {"picture": picture, "csrfmiddlewaretoken": token}).status_code == 302
    assert ProfilePicture.objects.filter(etag=etag).count() == 0


def test_a_picture_goes_with_its_member(ada: User) -> None:
    upload(browser(ada), encoded(drawn()))
    ada.delete()
    assert not ProfilePicture.objects.exists()


# Decision 16: what operators may do.
def remove_as(operator: User, member: User) -> Any:
    return browser(operator).post(f"/admin/hearthkey_accounts/user/{member.pk}/picture/remove/")


def test_an_operator_takes_a_members_picture_away(ada: User) -> None:
    upload(browser(ada), encoded(drawn()))
    staff = make("staff", is_staff=True, permissions=("view_user", "change_user"))
    page = browser(staff).get(f"/admin/hearthkey_accounts/user/{ada.pk}/change/").content.decode()
    assert "picture/remove/" in page
    assert remove_as(staff, ada).status_code == 302
    assert not ProfilePicture.objects.exists()
    (event,) = events("picture_removed")
    assert (event.actor_id, event.subject_id) == (str(staff.pk), str(ada.pk))


@pytest.mark.parametrize("who", ["looker", "above", "member", "get"])
def test_who_may_not_change_a_member_leaves_their_picture_alone(who: str) -> None:  # L11
    target = superuser("goal") if who == "above" else make("goal")
    upload(browser(target), encoded(drawn()))
    rights = {"looker": ("view_user",), "above": ("view_user", "change_user"), "get": ("view_user", "change_user")}
    operator = make("operator", is_staff=who != "member", permissions=rights.get(who, ()))
    if who == "get":
        browser(operator).get(f"/admin/hearthkey_accounts/user/{target.pk}/picture/remove/")
    else:
        assert remove_as(operator, target).status_code in (302, 403)
    assert ProfilePicture.objects.count() == 1
    assert remove_as(superuser("above-all"), target).status_code == 302
    assert ProfilePicture.objects.count() == 0
