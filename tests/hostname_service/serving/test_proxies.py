"""Where a request came from: what strangers write is not believed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from hostname_service.serving.proxies import (
    PROXY,
    connections_of,
    proxy_line,
    read_proxy_line,
    source_by,
    source_of,
)
from hostname_service.wsgi import Fault

OURS = (ip_network("10.9.0.0/16"), ip_network("127.0.0.0/8"), ip_network("fd00::/64"))


@pytest.mark.parametrize(
    "peer, forwarded, expected",
    [
        pytest.param("10.0.0.5", "", "10.0.0.5", id="nobody between"),
        pytest.param("10.0.0.5", "10.0.0.6", "10.0.0.5", id="a stranger's word"),
        pytest.param("10.9.0.1", "10.0.0.5", "10.0.0.5", id="our proxy"),
        pytest.param("10.9.0.1", "10.0.0.6, 10.0.0.5", "10.0.0.5", id="forged on the left"),
        pytest.param("10.9.0.1", "10.0.0.6, 10.0.0.5 ,\t10.9.0.2", "10.0.0.5", id="two proxies"),
        pytest.param("10.9.0.1", "junk, 10.0.0.5", "10.0.0.5", id="junk that nobody reads"),
        pytest.param("10.9.0.1", "", "10.9.0.1", id="the proxy itself"),
        pytest.param("10.9.0.1", "10.9.0.3, 10.9.0.2", "10.9.0.3", id="all ours"),
        pytest.param("", "10.0.0.5", "10.0.0.5", id="unix socket"),
        pytest.param("::ffff:10.9.0.1", "::ffff:10.0.0.5", "10.0.0.5", id="IPv4 in IPv6"),
        pytest.param("fd00::1", "2001:DB8::5", "2001:db8::5", id="IPv6"),
        pytest.param("fe80::1%eth0", "10.0.0.6", "fe80::1", id="with a scope"),
    ],
)
def test_the_source(peer: str, forwarded: str, expected: str) -> None:
    assert source_of(peer, forwarded, OURS) == expected


@pytest.mark.parametrize(
    "forwarded",
    ["junk", "10.0.0.5,", "10.0.0.5, ", "10.0.0.5:80", "unknown", "10.0.0.05", ", ".join(["10.9.0.1"] * 17)],
)
def test_what_our_proxy_passes_on_and_is_no_address_is_refused(forwarded: str) -> None:
    with pytest.raises(Fault) as caught:
        source_of("10.9.0.1", forwarded, OURS)
    assert caught.value.reason == "forwarded"


def test_a_unix_socket_is_not_trusted_unless_loopback_is() -> None:
    assert source_by(())({"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "10.0.0.5"}) == "127.0.0.1"


def test_the_line_of_a_proxy() -> None:
    assert proxy_line(b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 80\r\nGET /") == (
        b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 80",
        b"GET /",
    )
    assert read_proxy_line(b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 80") == "10.0.0.5"
    assert read_proxy_line(b"PROXY TCP6 2001:db8::5 fd00::1 1000 80") == "2001:db8::5"
    assert read_proxy_line(b"PROXY UNKNOWN") == ""
    assert proxy_line(b"") is None
    assert proxy_line(b"PROXY TCP4 10.0.0.5") is None
    long = b"PROXY UNKNOWN\r\n" + b"x" * 300
    assert proxy_line(long) == (b"PROXY UNKNOWN", b"x" * 300)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"PROXX", b"\r\n", b"PROXY " + b"a" * PROXY])
def test_no_line_of_a_proxy(data: bytes) -> None:
    with pytest.raises(Fault):
        proxy_line(data)


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 10.0.0.5 10.9.0.1 1000",
        b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 80 90",
        b"PROXY TCP4 2001:db8::5 fd00::1 1000 80",
        b"PROXY TCP6 10.0.0.5 10.9.0.1 1000 80",
        b"PROXY UDP4 10.0.0.5 10.9.0.1 1000 80",
        b"PROXY TCP4 10.0.0.5 10.9.0.1 +1 80",
        b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 65536",
        b"PROXY  TCP4 10.0.0.5 10.9.0.1 1000 80",
        b"PROXY TCP4 10.0.0.\xe9 10.9.0.1 1000 80",
    ],
)
def test_a_line_that_is_not_understood(line: bytes) -> None:
    with pytest.raises(Fault) as caught:
        read_proxy_line(line)
    assert caught.value.reason == "bad-proxy-line"


@pytest.mark.parametrize(
    "peer, counted",
    [
        ("10.0.0.5", "10.0.0.5"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("2001:db8::5", "2001:db8::/64"),
        ("2001:db8::ffff:0:0:5", "2001:db8::/64"),
        ("2001:db8:0:1::5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.1", ""),
        ("", ""),
    ],
)
def test_connections_are_counted_by_who_can_have_the_address(peer: str, counted: str) -> None:
    """Attack: a machine has 2^64 addresses of IPv6, and would have as many times the connections of one."""
    assert connections_of(peer, (ip_network("192.0.2.0/24"),)) == counted
