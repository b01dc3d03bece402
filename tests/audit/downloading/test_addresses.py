"""Which addresses are called, and that none is told."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.geoip import lookup, source
from audit.geoip.exceptions import GeoIPError
from audit.geoip.refresh import refresh
from tests.audit.downloading.service import QUICK, Service
from tests.support.audit.geoip_files import BERLIN, Server, answer, content

PUBLIC_ONLY = "audit.geoip.adapters.public_only"


@pytest.mark.parametrize("rule", [PUBLIC_ONLY, "config.wiring.adapters.may_call"])
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"],
)
def test_an_address_that_is_not_public_is_not_called(path: Path, settings: Any, rule: str, address: str) -> None:  # M06
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = rule

    def resolve(_host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, type, 6, "", ("1.1.1.1", port)), (socket.AF_INET6, type, 6, "", (address, port))]

    with pytest.raises(GeoIPError) as caught:
        refresh(now=datetime.now(UTC), limits=QUICK, resolve=resolve)
    assert caught.value.code == "forbidden_address"
    assert str(ipaddress.ip_address(address)) in caught.value.message


def test_a_redirect_to_a_private_address_is_not_followed(service: Service, settings: Any) -> None:  # M06
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "tests.audit.downloading.test_addresses.only_maxmind"
    assert service.failure().code == "forbidden_address"
    assert [path for path in service.server.paths if "signature" in path] == []


def only_maxmind(*, host: str, **_rest: Any) -> str:
    return "" if host == "download.maxmind.com" else f"{host} is elsewhere."


def test_the_operator_permits_a_server_on_their_network_and_plain_http_by_name(
    path: Path, settings: Any, tmp_path: Path
) -> None:
    server = Server(None)
    try:
        server.replies["/city.mmdb"] = answer("200 OK", content(tmp_path, "Bonn"))
        settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "config.wiring.adapters.may_call"
        settings.HEARTHKEY_AUDIT_GEOIP_URL = f"http://127.0.0.1:{server.port}/city.mmdb"
        with pytest.raises(GeoIPError, match="OUTBOUND_ALLOW") as caught:
            refresh(now=datetime.now(UTC), limits=QUICK)
        assert caught.value.code == "forbidden_address"
        assert server.requests == []
        settings.HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ["127.0.0.1"]
        assert refresh(now=datetime.now(UTC) + timedelta(hours=1), limits=QUICK) == "A new file is in place."
        assert lookup(BERLIN).city == "Bonn"
    finally:
        server.close()


def test_a_name_that_leads_nowhere_and_a_port_that_is_closed_are_told_apart(path: Path) -> None:
    def unknown(_host: str, _port: int, *, type: int) -> list[tuple[Any, ...]]:
        raise socket.gaierror

    def closed(_host: str, _port: int, *, type: int) -> list[tuple[Any, ...]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return [(socket.AF_INET, type, 6, "", probe.getsockname())]

    for hours, resolve, code in ((0, unknown, "unknown_host"), (1, closed, "unreachable")):
        with pytest.raises(GeoIPError) as caught:
            refresh(now=datetime.now(UTC) + timedelta(hours=hours), limits=QUICK, resolve=resolve)
        assert caught.value.code == code


def test_neither_address_of_a_source_is_in_its_repr(path: Path) -> None:
    found = source.current()
    assert found is not None
    assert "canary" in found.archive
    assert "canary" not in repr(found)
    assert "canary" not in found.fingerprint
