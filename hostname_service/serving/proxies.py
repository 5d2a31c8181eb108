"""Where a request came from, when there are proxies before us: only a proxy that is trusted is believed.

The attack: a machine that holds another's identity document writes the other's address into `X-Forwarded-For`. So the
list is read from the right, where our own proxies write, and the first address that is none of ours is the source;
whatever is left of it was written by a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from hostname_service.wsgi import Fault

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

LOCAL = "127.0.0.1"
"""What a peer on a unix socket counts as: trusted as a proxy only if loopback is."""
HOPS = 16
PROXY = 107
"""The longest line of the PROXY protocol, version 1, with its end (its specification, section 2.1)."""
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")


def read_address(text: str) -> Address:
    """Given an address as text, return it; IPv4 within IPv6 is IPv4, and a scope is dropped. Raises `ValueError`."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    """Given an address, return whether it is one of our proxies."""
    return any(address.version == network.version and address in network for network in trusted)


def counted_as(address: Address) -> str:
    """Given an address, return what it is counted by: of IPv6 the /64, since whoever has one address of it has all."""
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


def connections_of(peer: str, trusted: Sequence[Network]) -> str:
    """Given who connected (empty: a unix socket), return what its connections are counted by; empty: they are not,
    since a trusted proxy speaks for many."""
    address = read_address(peer or LOCAL)
    return "" if not peer or is_trusted(address, trusted) else counted_as(address)


def source_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Given who connected (empty: a unix socket), and `X-Forwarded-For`, return the address that the request came from.

    Raises `Fault` (`forwarded`) when a proxy that is trusted passed on something that is no list of addresses.
    """
    try:
        at = read_address(peer or LOCAL)
    except ValueError as error:
        raise Fault(400, "bad-peer", "who connected has no address") from error
    hops = [hop.strip(" \t") for hop in forwarded.split(",")] if forwarded else []
    if not is_trusted(at, trusted):
        return str(at)
    if len(hops) > HOPS:
        raise Fault(400, "forwarded", "X-Forwarded-For is too long")
    for hop in reversed(hops):
        try:
            at = read_address(hop)
        except ValueError as error:
            raise Fault(400, "forwarded", "X-Forwarded-For has something that is no address") from error
        if not is_trusted(at, trusted):
            break
    return str(at)


def source_by(trusted: Sequence[Network]) -> Callable[[dict[str, Any]], str]:
    """Given the proxies, return what tells from a WSGI environ where the request came from."""

    def find(environ: dict[str, Any]) -> str:
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        return source_of(str(environ.get("REMOTE_ADDR") or ""), forwarded, trusted)

    return find


def proxy_line(data: bytes) -> tuple[bytes, bytes] | None:
    """Given what has come so far, return the PROXY line and what followed it, or None: it is not all there."""
    line, end, rest = data[:PROXY].partition(b"\r\n")
    if not line.startswith(b"PROXY ") and (end or not b"PROXY ".startswith(line)):
        raise Fault(400, "no-proxy-line", "the proxy did not say who connects")
    if end:
        return line, rest + data[PROXY:]
    if len(data) >= PROXY:
        raise Fault(400, "bad-proxy-line", "the line of the proxy has no end")
    return None


def read_proxy_line(line: bytes) -> str:
    """Given a PROXY line without its end, return the address that connected; empty: the proxy itself asks (UNKNOWN)."""
    try:
        words = line.decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise _bad_line() from error
    if words[:2] == ["PROXY", "UNKNOWN"]:
        return ""
    if len(words) != 6 or words[1] not in ("TCP4", "TCP6"):
        raise _bad_line()
    version = 4 if words[1] == "TCP4" else 6
    try:
        source, target = ip_address(words[2]), ip_address(words[3])
    except ValueError as error:
        raise _bad_line() from error
    ports = all(_PORT.fullmatch(port) and int(port) <= 65535 for port in words[4:])
    if source.version != version or target.version != version or not ports:
        raise _bad_line()
    return str(read_address(words[2]))


def _bad_line() -> Fault:
    return Fault(400, "bad-proxy-line", "the line of the proxy is not understood")
