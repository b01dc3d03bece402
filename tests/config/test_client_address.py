from __future__ import annotations

import pytest

from config.environment.values import NEARBY, trust_proxy
from config.requests.client_address import client_address, rate_limit_key


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        # M03: nobody is trusted, so the header is nobody's word.
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        # The leftmost entry is what the client wrote itself.
        ("127.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("172.18.0.2", "6.6.6.6, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        # All hops are ours: the farthest of them is the client.
        ("172.18.0.2", "10.0.0.4, 10.0.0.3", "10.0.0.4"),
        ("127.0.0.1", "6.6.6.6, nonsense", "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6, nonsense, 10.0.0.3", "10.0.0.3"),
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", ""),
    ],
)
def test_the_rightmost_hop_that_is_no_trusted_proxy_is_the_client(peer: str, header: str, address: str) -> None:
    assert client_address(peer, header, NEARBY) == address


def test_without_trusted_proxies_the_peer_is_the_client() -> None:  # M03
    assert client_address("127.0.0.1", "198.51.100.7", ()) == "127.0.0.1"
    assert client_address("127.0.0.1", "198.51.100.7", NEARBY) == "198.51.100.7"


def test_a_list_trusts_exactly_what_it_names() -> None:  # M03
    trusted = trust_proxy("203.0.113.9, 198.51.100.0/24")
    assert client_address("203.0.113.9", "192.0.2.1", trusted) == "192.0.2.1"
    assert client_address("203.0.113.10", "192.0.2.1", trusted) == "203.0.113.10"
    assert client_address("127.0.0.1", "192.0.2.1", trusted) == "127.0.0.1"


def test_one_household_is_one_client() -> None:
    assert rate_limit_key("2001:db8:1:2::5") == rate_limit_key("2001:db8:1:2:ffff::9")
    assert rate_limit_key("2001:db8:1:2::5") != rate_limit_key("2001:db8:1:3::5")
    assert rate_limit_key("192.0.2.1") == "192.0.2.1"
