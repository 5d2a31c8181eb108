"""`--reach ADDRESS:PORT=PORT[,proxy]`: which services of this machine a guest meets, and where. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from ec2kit.errors import UsageError
from ec2kit.images.boot.ground import forwarder
from ec2kit.images.boot.network import METADATA_ADDRESS, Network

_SHAPE = "write ADDRESS:PORT=PORT, such as 172.31.0.10:8443=39001"
FROM = 49_152
"""The port that a PROXY line names: nobody looks at it, and it is the first of those for clients (RFC 6335)."""


@dataclass(frozen=True)
class Reach:
    """What the guest meets at `address`:`port` is `here`, a port of this machine; `proxied`: after a PROXY line."""

    address: str
    port: int
    here: int
    proxied: bool = False


def parse_reach(text: str) -> Reach:
    """Given what was typed, return it as a value. Raises UsageError."""
    rest, _, manner = text.partition(",")
    there, _, here = rest.partition("=")
    address, _, port = there.rpartition(":")
    if manner not in ("", "proxy") or not address:
        raise UsageError(f"'{text}' is not what a machine is to reach", hint=_SHAPE)
    try:
        IPv4Address(address)
    except ValueError:
        raise UsageError(f"'{address}' is not an IPv4 address", hint=_SHAPE) from None
    return Reach(address, _port(port), _port(here), manner == "proxy")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise UsageError(f"'{text}' is not a port", hint=_SHAPE)
    return int(text)


def commands(reached: Sequence[Reach], network: Network) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Given what a machine is to reach, return `ADDRESS:PORT` and what is run for a connection to it.

    Raises UsageError for an address that is the machine's own, or QEMU's.
    """
    taken = {network.address, network.router, network.dns, METADATA_ADDRESS}
    for each in reached:
        if each.address in taken:
            raise UsageError(f"{each.address} is taken in the machine's network", hint="reach it at another")
    return tuple(
        (f"{each.address}:{each.port}", forwarder(each.here, _line(each, network))) for each in reached
    )


def _line(reach: Reach, network: Network) -> str:
    """The PROXY protocol's, version 1: who connects, which the service cannot see by itself."""
    if not reach.proxied:
        return ""
    return f"PROXY TCP4 {network.address} {reach.address} {FROM} {reach.port}"
