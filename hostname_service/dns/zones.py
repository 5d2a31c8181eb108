"""Which zone a name or an address is in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from hostname_service.errors import Unavailable

_CLASSLESS = re.compile(r"(?P<first>[0-9]{1,3})(?P<kind>[-/])(?P<second>[0-9]{1,3})")


@dataclass(frozen=True)
class Place:
    """A name and the zone that it is in, without last dots."""

    name: str
    zone: str


@dataclass(frozen=True)
class Zones:
    """The zones that are ours to change: names such as `shop.example.com`, `0.10.in-addr.arpa`,
    `8.b.d.0.1.0.0.2.ip6.arpa` and, for parts of a /24, `64/26.2.0.192.in-addr.arpa` or `64-127.2.0.192.in-addr.arpa`
    (RFC 2317). A network such as 10.0.0.0/20 is as many zones as DNS has for it: one for each /24."""

    forward: tuple[str, ...]
    reverse: tuple[str, ...] = ()

    def of_name(self, fqdn: str) -> Place:
        """Given a name, return it with the longest zone around it; raises `Unavailable` when there is none."""
        found = _longest(zone for zone in self.forward if fqdn == zone or fqdn.endswith(f".{zone}"))
        if found is None:
            raise Unavailable("dns-zone", f"no zone for '{fqdn}': name one in the configuration")
        return Place(fqdn, found)

    def of_address(self, address: str) -> Place | None:
        """Given an address as text, return where its PTR is; None: its zone is not ours."""
        known = ip_address(address)
        pointer = known.reverse_pointer
        if isinstance(known, IPv4Address):
            for zone in self.reverse:
                if _is_in_part(known, zone):
                    return Place(f"{pointer.partition('.')[0]}.{zone}", zone)
        found = _longest(zone for zone in self.reverse if pointer.endswith(f".{zone}") or pointer == zone)
        return Place(pointer, found) if found else None


def _is_in_part(address: IPv4Address, zone: str) -> bool:
    """Whether a zone is for a part of a /24 with the address in it."""
    label, _, around = zone.partition(".")
    told = _CLASSLESS.fullmatch(label)
    last, _, network = address.reverse_pointer.partition(".")
    if told is None or around != network:
        return False
    first, second = int(told["first"]), int(told["second"])
    if told["kind"] == "/":
        second = first + (1 << (32 - second)) - 1 if 24 <= second <= 32 else -1
    return first <= int(last) <= second


def _longest(zones: Iterable[str]) -> str | None:
    return max(zones, key=len, default=None)
