"""The page of the application configuration as an operator fills it in."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from tests.support.passkey_sessions import begin_passkey_session

PAGE = "/admin/hearthkey_config/setting/"


def make(username: str = "root", **what: Any) -> Any:
    return get_user_model().objects.create(username=username, email=f"{username}@example.com", **what)


def browser_of(user: Any) -> Browser:
    browser = Browser(HTTP_HOST="localhost:1411")
    begin_passkey_session(browser, user)
    return browser


def operator(username: str = "root") -> Browser:
    return browser_of(make(username, is_staff=True, is_superuser=True))


def page_of(browser: Browser) -> str:
    response = browser.get(PAGE)
    assert response.status_code == 200, response
    return response.content.decode()


def fields_of(page: str) -> dict[str, Any]:
    """Return what a browser would send if nothing were touched."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = {name: unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if not name or kind in {"file", "submit"} or re.search(r"\sdisabled\b", tag):
            continue
        if kind != "checkbox":
            found[name] = attributes.get("value", "")
        elif re.search(r"\schecked\b", tag):
            known = found.get(name)
            found[name] = (
                attributes.get("value", "on")
                if known is None
                else [*([known] if isinstance(known, str) else known), attributes["value"]]
            )
    for name, rest, options in re.findall(r'<select name="([^"]+)"([^>]*)>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        if "disabled" not in rest and chosen:
            found[name] = unescape(chosen[1])
    return found


def change(browser: Browser, page: str | None = None, *, without: tuple[str, ...] = (), **typed: Any) -> Any:
    """Send the page with some fields typed anew; ``without`` names boxes that are unticked."""
    sent = {**fields_of(page_of(browser) if page is None else page), **typed}
    for name in without:
        sent.pop(name, None)
    return browser.post(PAGE, sent)


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, response
    return {name: [str(one) for one in found] for name, found in response.context["form"].errors.items()}


def image(colour: str = "#336699", *, side: int = 40, form: str = "PNG", name: str = "logo.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, format=form)
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")
