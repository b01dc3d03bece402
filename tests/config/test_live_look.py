"""The operator's colour and logos: readable by formula, and served as what they are."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from audit.models import Event
from config import live
from config.environment.exceptions import ConfigurationError
from config.live import colours
from config.live.colours import AA, ADMIN_DARK, ADMIN_LIGHT, DARK, LIGHT, contrast, shades, text_on
from config.live.registry import PRESETS
from config.live.stylesheets import administration, site
from config.models import Picture
from config.serving import startup
from tests.support.config.live import change, errors_of, image, operator, page_of

from .test_live_values import fix

HARD = ["#ffffff", "#000000", "#ffff00", "#0000ff", "#808080", "#00ff00", "#ff00ff", "#777777", "#a8400f", "#ff9a5c"]
EVERY = [*HARD, *(colour for colour in PRESETS.values() if colour)]
GRID = [
    f"#{red:02x}{green:02x}{blue:02x}"
    for red in (0, 51, 153, 255)
    for green in (0, 102, 204, 255)
    for blue in (0, 85, 170, 255)
]


def visitor() -> Browser:
    return Browser(HTTP_HOST="localhost:1411")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4)],
)
def test_contrast_is_what_the_guideline_computes(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colour", [*EVERY, *GRID])
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_whatever_the_colour_everything_can_be_read(colour: str, theme: colours.Theme) -> None:
    found = shades(colour, theme)
    pairs = [
        *((found.accent, ground) for ground in (theme.page, theme.surface, found.soft)),
        *((found.strong, ground) for ground in (theme.page, theme.surface)),
        (found.on_accent, found.accent),
        (found.on_accent, found.strong),
        (theme.text, found.soft),
    ]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= AA, (ink, ground)


@pytest.mark.parametrize("colour", EVERY)
def test_the_administration_can_be_read_too(colour: str) -> None:
    css = administration(colour)
    light, dark = css.split("@media")
    for block, grounds in ((light, ADMIN_LIGHT), (dark, ADMIN_DARK)):
        values = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for name in ("button-bg", "button-hover-bg", "default-button-bg", "default-button-hover-bg", "primary"):
            assert contrast(values[name], "#ffffff") >= AA
        for ground in grounds:
            assert contrast(values["link-fg"], ground) >= AA
    assert contrast(colours.button_of(colour), "#ffffff") >= AA


def test_a_colour_that_can_be_read_as_it_is_stays_as_it_is() -> None:
    assert shades("#1d4ed8", LIGHT).accent == "#1d4ed8"
    assert shades("#93c5fd", DARK).accent == "#93c5fd"
    assert shades("#93c5fd", LIGHT).accent != "#93c5fd"
    assert text_on("#000000") == "#ffffff"
    assert text_on("#ffff00") == "#000000"


def test_the_themes_grounds_are_the_stylesheets() -> None:
    css = (django_settings.BASE_DIR / "config/static/hearthkey/hearthkey.css").read_text()
    light, dark = re.findall(r":root\s*\{([^}]*)\}", css)
    for theme, block in ((LIGHT, light), (DARK, dark)):
        known = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))
        assert (theme.page, theme.surface, theme.text) == (known["page"], known["surface"], known["text"])
    admin = (django_settings.BASE_DIR / "config/static/hearthkey/admin.css").read_text()
    for colour in {*ADMIN_LIGHT, *ADMIN_DARK}:
        assert colour in admin


@pytest.mark.django_db
def test_without_a_colour_pages_load_nothing_more() -> None:
    browser = operator()
    assert "/look/" not in visitor().get("/login").content.decode()
    assert "/look/" not in browser.get("/admin/").content.decode()
    assert visitor().get("/look/site.css").content == b""


@pytest.mark.django_db
def test_a_colour_is_a_stylesheet_of_its_own_after_ours() -> None:
    browser = operator()
    change(browser, general_colour="#2563eb")
    page = visitor().get("/login").content.decode()
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert links[-1] == "/look/site.css?v=2563eb"
    assert "hearthkey.css" in links[-2]
    served = visitor().get(links[-1])
    assert served.headers["Content-Type"] == "text/css; charset=utf-8"
    assert served.content.decode() == site("#2563eb")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Cache-Control"] == "public, max-age=300"
    had = visitor().get(links[-1], headers={"If-None-Match": "W/" + served.headers["ETag"]})
    assert (had.status_code, had.content) == (304, b"")
    assert "Cookie" not in served.headers.get("Vary", "")
    assert '/look/admin.css?v=2563eb"' in browser.get("/admin/").content.decode()
    assert visitor().get("/look/admin.css").content.decode() == administration("#2563eb")
    assert f'fill="{shades("#2563eb", LIGHT).accent}"' in page_of(browser)
    change(browser, general_colour="#dc2626")
    assert visitor().get(links[-1], headers={"If-None-Match": served.headers["ETag"]}).status_code == 200


# M05
@pytest.mark.django_db
def test_logos_are_written_anew_and_served_as_images() -> None:
    browser = operator()
    assert visitor().get("/look/logo-light").status_code == 404
    done = change(browser, general_logo_light=image("#336699"), general_logo_dark=image("#99ccff", form="WEBP"))
    assert done.status_code == 302, errors_of(done)
    page = visitor().get("/login").content.decode()
    light, dark = live.value("general.logo_light"), live.value("general.logo_dark")
    assert f'<img src="/look/logo-light?v={light}"' in page
    assert f'<source srcset="/look/logo-dark?v={dark}" media="(prefers-color-scheme: dark)">' in page
    served = visitor().get("/look/logo-light")
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert served.headers["ETag"] == f'"{light}"'
    assert Image.open(io.BytesIO(served.content)).format == "PNG"
    assert visitor().get("/look/logo-light", headers={"If-None-Match": served.headers["ETag"]}).status_code == 304
    assert visitor().post("/look/logo-light").status_code == 405
    event = Event.objects.get(name="configuration_changed")
    assert event.data["after"] == {"general.logo_light": light, "general.logo_dark": dark}
    read = django_settings.HEARTHKEY_MAILER_LOGO_URL
    assert read() == f"{django_settings.APP_URL}/look/logo-light?v={light}"
    change(browser, general_logo_light_clear="on")
    assert visitor().get("/look/logo-light").status_code == 404
    assert set(Picture.objects.values_list("key", flat=True)) == {"general.logo_dark"}
    assert "/look/logo-dark" in visitor().get("/login").content.decode()
    assert read() is None


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def truncated() -> bytes:
    return image(side=400).read()[:200]


# M05
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("logo.svg", SVG),
        ("logo.png", SVG),
        ("logo.png", b"\x89PNG\r\n\x1a\n"),
        ("logo.gif", b"GIF89a" + bytes(100)),
        ("logo.png", truncated()),
        ("logo.png", b"\xff\xd8\xff" + bytes(3 * 1024 * 1024)),
        ("logo.png", image(side=2001).read()),
        ("logo.html", b"<!doctype html><script>alert(1)</script>"),
    ],
)
def test_what_is_no_whole_small_image_is_refused_at_its_field(name: str, content: bytes) -> None:
    browser = operator()
    upload = SimpleUploadedFile(name, content, content_type="image/png")
    assert set(errors_of(change(browser, general_logo_light=upload, general_name="Mill"))) == {"general_logo_light"}
    assert not Picture.objects.exists()
    assert live.value("general.name") == "Hearthkey"
    assert change(browser, general_logo_light=image(), general_name="Mill").status_code == 302
    assert live.value("general.name") == "Mill"


@pytest.mark.django_db
def test_an_image_that_was_not_saved_is_asked_for_again() -> None:
    refused = change(operator(), general_logo_light=image(), mail_port="x")
    assert set(errors_of(refused)) == {"general_logo_light", "mail_port"}


@pytest.mark.django_db
def test_the_same_image_again_changes_nothing() -> None:
    browser = operator()
    change(browser, general_logo_light=image())
    change(browser, general_logo_light=image())
    assert Event.objects.filter(name="configuration_changed").count() == 1


@pytest.mark.django_db
def test_a_logo_that_the_environment_names_is_served_and_locked(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(image("#123456").read())
    fix(settings, LOGO_LIGHT_PATH=str(file))
    startup.require_pictures()
    page = page_of(operator())
    assert "<code>LOGO_LIGHT_PATH</code>" in page
    assert 'name="general_logo_light"' not in page
    assert 'name="general_logo_dark"' in page
    assert f'src="/look/logo-light?v={live.value("general.logo_light")}"' in page
    served = visitor().get("/look/logo-light")
    assert Image.open(io.BytesIO(served.content)).convert("RGB").getpixel((0, 0)) == (0x12, 0x34, 0x56)


def test_a_damaged_logo_that_the_environment_names_stops_the_start(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(truncated())
    fix(settings, LOGO_LIGHT_PATH=str(file))
    with pytest.raises(ConfigurationError, match=r"^LOGO_LIGHT_PATH names an image that can't be used: .*damaged"):
        startup.require_pictures()
