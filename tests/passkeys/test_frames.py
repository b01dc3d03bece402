"""Which frames may ask for a passkey: our own pages may, those of others may not, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.passkeys.browsing import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OTHER = "http://other.localhost"
ASK = """async () => {
    const publicKey = {challenge: new Uint8Array(16), timeout: 500}
    try {
        await navigator.credentials.get({publicKey})
        return 'answered'
    } catch (error) {
        return `${error.name}: ${error.message}`
    }
}"""
ALLOW = "publickey-credentials-get *; publickey-credentials-create *"


def headers_of(visitor: Visitor, path: str) -> dict[str, str]:
    return dict(visitor.do(lambda: visitor.page.goto(path)).headers)


def show(visitor: Visitor, *, policy: str, frame: str) -> Any:
    """Show a page of ours with this Permissions-Policy that holds ``frame``, and return the frame.

    Our own pages hold no frames at all, so the page is made up; its policy is what counts.
    """
    page = f"<!doctype html><title>Outer</title><iframe allow='{ALLOW}' src='{frame}'></iframe>"
    html = {"Content-Type": "text/html"}

    def step() -> Any:
        visitor.page.route(
            "**/outer", lambda route: route.fulfill(body=page, headers={**html, "Permissions-Policy": policy})
        )
        visitor.page.route("**/inner", lambda route: route.fulfill(body="<!doctype html><p>Inner", headers=html))
        visitor.page.goto("/outer")
        (inner,) = visitor.page.main_frame.child_frames
        inner.wait_for_load_state()
        return inner

    return visitor.do(step)


def asked(visitor: Visitor, frame: Any) -> str:
    return str(visitor.do(lambda: frame.evaluate(ASK)))


def test_a_frame_of_ours_may_ask(enrolled: Visitor) -> None:
    policy = headers_of(enrolled, "/login")["permissions-policy"]
    frame = show(enrolled, policy=policy, frame=f"{enrolled.address}/inner")
    assert asked(enrolled, frame) == "answered"


def test_a_frame_of_another_origin_may_not_ask(enrolled: Visitor) -> None:
    policy = headers_of(enrolled, "/login")["permissions-policy"]
    frame = show(enrolled, policy=policy, frame=f"{OTHER}/inner")
    answer = asked(enrolled, frame)
    assert answer.startswith("NotAllowedError")
    assert "publickey-credentials-get" in answer
    # The twin: it is the policy that keeps it out.
    opened = policy.replace("publickey-credentials-get=(self)", f'publickey-credentials-get=(self "{OTHER}")')
    assert opened != policy
    frame = show(enrolled, policy=opened, frame=f"{OTHER}/inner")
    assert "publickey-credentials-get" not in asked(enrolled, frame)


def framed(visitor: Visitor, path: str, *, forget: tuple[str, ...] = ()) -> bool:
    """Return whether a page of another origin shows ours in a frame, once ``forget`` are gone from its headers."""
    outer = f"<!doctype html><title>Outer</title><iframe allow='{ALLOW}' src='{visitor.address}{path}'></iframe>"

    def without(route: Any) -> None:
        answer = route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name not in forget}
        route.fulfill(response=answer, headers=headers)

    def step() -> bool:
        visitor.page.route(f"{visitor.address}{path}", without)
        visitor.page.route(f"{OTHER}/**", lambda route: route.fulfill(body=outer, content_type="text/html"))
        visitor.page.goto(f"{OTHER}/outer")
        (inner,) = visitor.page.main_frame.child_frames
        inner.wait_for_load_state()
        return bool(inner.url.startswith(visitor.address))

    return visitor.do(step)


@pytest.mark.parametrize("path", ["/login", "/setup"])
def test_our_pages_are_not_shown_in_a_frame_of_another_origin(visitor: Visitor, path: str) -> None:
    assert not framed(visitor, path)
    # The twin: it is our headers that keep the page out.
    assert framed(visitor, path, forget=("content-security-policy", "x-frame-options"))
