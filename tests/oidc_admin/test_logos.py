from __future__ import annotations

import io
import struct
import zlib
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image, ImageCms, PngImagePlugin

from oidc_clients.exceptions import LogoRefused
from oidc_clients.models import Client, ClientLogo
from oidc_clients.services.logos import MAX_BYTES, rewrite_logo

from .conftest import ADD, change_url, form_of

pytestmark = pytest.mark.django_db

MARK = b"<script>alert(1)</script>"


def image_of(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, format=kind)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_promises(width: int, height: int) -> bytes:
    """A small file whose header claims so many pixels: a decompression bomb."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4096))
        + chunk(b"IEND", b"")
    )


def add_with(browser: Browser, data: bytes, name: str = "logo.png", declared: str = "image/png") -> str:
    answer = browser.post(ADD, form_of(logo=SimpleUploadedFile(name, data, declared)))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_is_written_anew_and_served_powerless(browser: Browser, kind: str) -> None:  # M05
    add_with(browser, image_of(kind))
    client = Client.objects.get()
    answer = browser.get(f"/api/oidc/clients/{client.client_id}/logo")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.content)) as served:
        assert served.size == (64, 48)
    assert answer.headers["ETag"].strip('"') == ClientLogo.objects.get().etag


# V35
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg">' + MARK + b"</svg>", "PNG, JPEG or WebP"),
        (image_of("PNG")[:-20], "damaged"),
        (image_of("PNG")[:50], "damaged"),
        (image_of("JPEG")[:-200], "damaged"),
        (png_that_promises(30_000, 30_000), "4 megapixels"),
        (png_that_promises(2001, 2000), "4 megapixels"),
        (image_of("GIF"), "PNG, JPEG or WebP"),
        (image_of("BMP"), "PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + MARK, ""),
        (b"GIF89a" + MARK, "PNG, JPEG or WebP"),
        (image_of("PNG") + b"\0" * MAX_BYTES, "2 MB"),
    ],
    ids=[
        "svg",
        "truncated png",
        "png header",
        "truncated jpeg",
        "bomb",
        "too large",
        "gif",
        "bmp",
        "magic",
        "gif magic",
        "heavy",
    ],
)
def test_what_is_no_small_whole_image_is_refused(browser: Browser, data: bytes, reason: str) -> None:  # M05
    page = add_with(browser, data)
    assert "errorlist" in page
    assert reason in page
    assert not Client.objects.exists()
    assert not ClientLogo.objects.exists()
    add_with(browser, image_of("PNG"))
    assert ClientLogo.objects.get().content_type == "image/png"


def test_neither_name_nor_declared_type_decides(browser: Browser) -> None:  # M05
    add_with(browser, image_of("JPEG"), name="logo.svg", declared="image/svg+xml")
    assert bytes(ClientLogo.objects.get().data).startswith(b"\x89PNG")


def test_nothing_but_pixels_is_taken_over(browser: Browser) -> None:  # M05
    out, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("Comment", MARK.decode())
    Image.new("RGB", (8, 8)).save(out, format="PNG", pnginfo=text)
    assert MARK in out.getvalue()
    add_with(browser, out.getvalue() + MARK)
    assert MARK not in bytes(ClientLogo.objects.get().data)


def test_four_megapixels_are_allowed_and_one_row_more_is_not() -> None:  # M05
    assert rewrite_logo(upload=image_of("PNG", (2000, 2000))).content_type == "image/png"
    with pytest.raises(LogoRefused):
        rewrite_logo(upload=image_of("PNG", (2000, 2001)))


def with_everything(kind: str) -> bytes:
    """A small image with what real ones carry and decoders stumble over: palette or alpha, EXIF, a profile, text."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "described"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:200]
    drawn, out = Image.radial_gradient("L").resize((12, 9)).convert("RGB"), io.BytesIO()
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "text")
        text.add_itxt("Title", "text", zip=True)
        drawn.quantize(8).save(out, "PNG", pnginfo=text, exif=exif, icc_profile=profile, transparency=1, dpi=(72, 72))
    elif kind == "JPEG":
        drawn.save(out, "JPEG", quality=10, exif=exif, icc_profile=profile, comment=b"text")
    else:
        drawn.convert("RGBA").save(out, "WEBP", exif=exif, icc_profile=profile)
    return out.getvalue()


def is_taken(upload: bytes) -> bool:
    """Whether the upload becomes a logo; any error but our refusal is an error of the test."""
    try:
        return rewrite_logo(upload=upload).data.startswith(b"\x89PNG")
    except LogoRefused:
        return False


# V42
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_cut_off_anywhere_is_a_refusal_and_never_an_error(kind: str) -> None:  # M05
    whole = with_everything(kind)
    assert is_taken(whole)
    taken = [place for place in range(len(whole)) if is_taken(whole[:place])]
    # A decoder may do without the last bytes, which hold no pixels.
    assert all(place > len(whole) // 2 for place in taken)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_flipped_byte_is_at_most_a_refusal(kind: str) -> None:  # M05
    for whole in (with_everything(kind), image_of(kind)):
        refused = 0
        for place in range(64):
            for bits in (0x01, 0x10, 0x80, 0xFF):
                flipped = whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :]
                refused += not is_taken(flipped)
        assert refused


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_chunks_too_short_for_their_kind_are_at_most_a_refusal() -> None:  # M05
    kinds = (b"gAMA", b"cHRM", b"pHYs", b"tRNS", b"sRGB", b"iCCP", b"iTXt", b"zTXt", b"tEXt", b"eXIf", b"acTL", b"fcTL")
    whole = image_of("PNG")
    before, after = whole.index(b"IDAT") - 4, whole.index(b"IEND") - 4
    assert is_taken(whole)
    judged = [
        is_taken(whole[:place] + chunk(kind, body) + whole[place:])
        for kind in kinds
        for place in (before, after)
        for body in (b"", b"\0", b"a\0\0", b"a\0\0\xff\xff", b"\xff" * 26)
    ]
    assert not all(judged)


def test_a_logo_is_replaced_kept_and_removed(browser: Browser) -> None:
    add_with(browser, image_of("PNG"))
    client = Client.objects.get()
    first = ClientLogo.objects.get().etag
    browser.post(change_url(client), form_of(name="Other"))
    assert ClientLogo.objects.get().etag == first
    browser.post(change_url(client), form_of(logo=SimpleUploadedFile("l", image_of("PNG", (32, 32)))))
    assert ClientLogo.objects.get().etag != first
    browser.post(change_url(client), form_of(remove_logo="on"))
    assert not ClientLogo.objects.exists()
    assert browser.get(f"/api/oidc/clients/{client.client_id}/logo").status_code == 404
