"""What a test needs to have been there before: an administrator, members, passkeys."""

from __future__ import annotations

import re

import requests

from tests.support.servers import Hearthkey


def create_administrator(service: Hearthkey, *, username: str, email: str) -> None:
    """Fill in the first-run wizard without a browser."""
    with requests.Session() as session:
        page = session.get(f"{service.url}/setup", timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        tick = re.search(r'<input[^>]*type="checkbox"[^>]*>', page.text)
        tick_name = re.search(r'name="([^"]+)"', tick[0]) if tick else None
        assert tick_name, page.text
        answer = session.post(
            page.url,
            data={
                "csrfmiddlewaretoken": token[1],
                "username": username,
                "email": email,
                "first_name": "Rosa",
                "last_name": "Root",
                tick_name[1]: "on",
            },
            headers={"Referer": page.url, "Origin": service.url},
            timeout=10,
            allow_redirects=False,
        )
        assert answer.status_code in (302, 303), answer.text
