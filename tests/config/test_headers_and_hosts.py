from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.environment.logs import LineFormatter

pytestmark = pytest.mark.django_db

#: One address for every converter, enough to reach each view's first answer.
_SAMPLES = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "str": "sample",
    "path": "sample",
    "slug": "sample",
    "int": "1",
}


def every_path() -> list[str]:
    """Return one address for each route of the project."""
    found: list[str] = ["/healthz", "/readyz", "/static/nothing.css", "/no/such/page"]

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for pattern in patterns:
            route = prefix + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
                continue
            for name, converter in pattern.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower()
                kind = {"string": "str"}.get(kind, kind)
                route = route.replace(f"<{kind}:{name}>", _SAMPLES.get(kind, "sample")).replace(f"<{name}>", "sample")
            found.append("/" + route)

    walk(get_resolver().url_patterns, "")
    return [path for path in found if "(?P" not in path and "<" not in path]


def test_every_route_has_the_security_headers(client: Client, member: object) -> None:  # A11
    paths = every_path()
    assert len(paths) > 25
    for path in paths:
        response = client.get(path)
        where = f"{path} ({response.status_code})"
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe-" not in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert response.headers["X-Content-Type-Options"] == "nosniff", where
        assert response.headers["Referrer-Policy"] in {"same-origin", "strict-origin", "no-referrer"}, where
        assert "publickey-credentials-get=(self)" in response.headers["Permissions-Policy"], where
        assert response.headers["Cross-Origin-Opener-Policy"] in {"same-origin", "unsafe-none"}, where
        assert response.headers["X-Frame-Options"] == "DENY", where
        assert response.status_code < 500, where
        assert response.status_code not in {307, 308}, where  # A10


def test_pages_that_a_clients_popup_can_show_keep_the_opener(client: Client, member: object) -> None:  # A11
    assert client.get("/login").headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert client.get("/authorize").headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert client.get("/account/").headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_hsts_is_sent_on_https_only(client: Client, member: object, settings: object) -> None:  # A11
    assert "Strict-Transport-Security" not in client.get("/login").headers
    settings.APP_IS_HTTPS = True  # type: ignore[attr-defined]
    settings.SECURE_HSTS_SECONDS = 31536000  # type: ignore[attr-defined]
    assert Client().get("/login").headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1", "", "loc alhost", "[::1]"])
def test_another_host_gets_a_page_that_says_where_the_service_lives(client: Client, host: str) -> None:  # H05
    response = client.get("/login", headers={"host": host})
    assert response.status_code == 400
    assert "http://localhost:1411" in response.content.decode()


def test_our_own_host_is_served(client: Client, member: object) -> None:  # H05
    assert client.get("/login", headers={"host": "localhost:1411"}).status_code == 200


@pytest.mark.parametrize(("host", "status"), [("evil.example", 400), ("localhost:1411", 200)])
def test_static_files_are_served_under_our_own_host_only(client: Client, host: str, status: int) -> None:  # H05
    assert client.get("/static/hearthkey/hearthkey.css", headers={"host": host}).status_code == status


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Original-Host"])
def test_forwarding_headers_decide_neither_host_nor_issuer(client: Client, member: object, header: str) -> None:  # H05
    plain = client.get("/.well-known/openid-configuration")
    spoofed = client.get("/.well-known/openid-configuration", headers={header: "https://evil.example"})
    assert spoofed.content == plain.content
    assert plain.json()["issuer"] == "http://localhost:1411"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_answer_under_any_host(client: Client, path: str) -> None:
    for host in ("evil.example", "10.1.2.3:8080", "localhost"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == 200, response.content
    assert client.post(path).status_code == 405


def test_every_answer_carries_its_reference(client: Client) -> None:
    first, second = client.get("/healthz"), client.get("/healthz")
    assert len(first.headers["X-Request-ID"]) == 32
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_the_log_masks_what_is_a_credential(client: Client, caplog: pytest.LogCaptureFixture, member: object) -> None:
    with caplog.at_level("INFO", logger="hearthkey.access"):
        client.get("/lc/secret-token-in-the-path?also=secret-query")
        Client(enforce_csrf_checks=True).post("/lc/secret-token-in-the-path")
    text = "\n".join(LineFormatter().format(record) for record in caplog.records)
    assert "/lc/***" in text
    assert "secret" not in text
