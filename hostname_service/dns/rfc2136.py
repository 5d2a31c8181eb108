"""A name server that takes dynamic updates (RFC 2136) signed with TSIG (RFC 8945): BIND, Knot, PowerDNS.

Each change is one UPDATE with its condition as prerequisites, on the owner TXT at `_ec2kit.<name>` and on A and AAAA at
the name. CNAME is among them because a server silently leaves out an A beside a CNAME (RFC 2136, 3.4.2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.update
from dns.rdtypes.ANY.TXT import TXT

from hostname_service.clock import Clock
from hostname_service.config.settings import Rfc2136
from hostname_service.dns.exchange import Exchange, Server, tsig_key
from hostname_service.dns.keeping import Conflict, Keeper
from hostname_service.dns.port import OWNER_LABEL, Records
from hostname_service.dns.zones import Place, Zones
from hostname_service.errors import BadConfig, Unavailable


def rfc2136(settings: Rfc2136, zones: tuple[str, ...], clock: Clock) -> Keeper:
    """Given the configuration and the zones of names, return a `Dns`; raises `BadConfig`."""
    try:
        secret = settings.key_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"dns: the key in '{settings.key_file}' cannot be read: {error}") from error
    key = tsig_key(settings.key_name, secret, settings.algorithm)
    server = Server(settings.server, settings.port, key, settings.deadline.total_seconds())
    return Keeper(Updates(server, Zones(zones, settings.reverse), settings.ttl, clock))


@dataclass(frozen=True)
class Updates:
    """The back end: a server, our zones on it, and the TTL of what we write, in seconds."""

    server: Server
    zones: Zones
    ttl: int
    clock: Clock

    @contextmanager
    def begin(self) -> Iterator[UpdateSession]:
        """Begin one operation."""
        with Exchange(self.server, self.clock) as exchange:
            yield UpdateSession(exchange, self.zones, self.ttl)


@dataclass(frozen=True)
class UpdateSession:
    """One operation; see `keeping.Session`."""

    exchange: Exchange
    zones: Zones
    ttl: int

    def look(self, fqdn: str) -> Records | None:
        """Three questions: addresses, and the owner."""
        name = _name(self.zones.of_name(fqdn).name)
        addresses: list[str] = []
        for kind in ("A", "AAAA"):
            answer = self._ask(name, kind)
            if answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.CNAME):
                return Records(fqdn, (), "")
            addresses += _texts(answer, name, kind)
        owner_name = _name(f"{OWNER_LABEL}.{fqdn}")
        owner = ", ".join(sorted(_texts(self._ask(owner_name, "TXT"), owner_name, "TXT")))
        return Records(fqdn, tuple(addresses), owner) if addresses or owner else None

    def create(self, wanted: Records) -> None:
        """Prerequisites: no such sets."""
        update, name, owner_name = self._update(wanted.fqdn)
        for kind in ("A", "AAAA"):
            update.absent(name, kind)
        update.absent(owner_name, "TXT")
        self._add(update, wanted)
        self._send(update, wanted.fqdn)

    def replace(self, existing: Records, wanted: Records) -> None:
        """Prerequisite: the owner is exactly this."""
        update = self._emptied(existing)
        self._add(update, wanted)
        self._send(update, wanted.fqdn)

    def delete(self, existing: Records) -> None:
        """Prerequisite: the owner is exactly this."""
        self._send(self._emptied(existing), existing.fqdn)

    def pointer(self, address: str) -> str | None:
        """The first name of the PTR; None: its zone is not ours."""
        place = self.zones.of_address(address)
        if place is None:
            return None
        name = _name(place.name)
        return next(iter(_texts(self._ask(name, "PTR"), name, "PTR")), "")

    def point(self, address: str, fqdn: str) -> None:
        """Without a prerequisite: whoever had the address before has it no more."""
        place = self.zones.of_address(address)
        if place is not None:
            update = dns.update.UpdateMessage(_name(place.zone))
            update.replace(_name(place.name), self.ttl, "PTR", _name(fqdn).to_text())
            self._send_reverse(update, address, place)

    def unpoint(self, address: str, fqdn: str) -> None:
        """Prerequisite: PTR is exactly this name."""
        place = self.zones.of_address(address)
        if place is None:
            return
        update = dns.update.UpdateMessage(_name(place.zone))
        update.present(_name(place.name), "PTR", _name(fqdn).to_text())
        update.delete(_name(place.name), "PTR")
        try:
            self._send_reverse(update, address, place)
        except Conflict:
            return

    def _update(self, fqdn: str) -> tuple[dns.update.UpdateMessage, dns.name.Name, dns.name.Name]:
        place, name = self.zones.of_name(fqdn), _name(fqdn)
        update = dns.update.UpdateMessage(_name(place.zone))
        update.absent(name, "CNAME")
        return update, name, _name(f"{OWNER_LABEL}.{fqdn}")

    def _emptied(self, existing: Records) -> dns.update.UpdateMessage:
        update, name, owner_name = self._update(existing.fqdn)
        update.present(owner_name, "TXT", _quoted(existing.owner))
        for kind in ("A", "AAAA"):
            update.delete(name, kind)
        update.delete(owner_name, "TXT")
        return update

    def _add(self, update: dns.update.UpdateMessage, wanted: Records) -> None:
        name = _name(wanted.fqdn)
        for address in wanted.addresses:
            update.add(name, self.ttl, "A" if ip_address(address).version == 4 else "AAAA", address)
        update.add(_name(f"{OWNER_LABEL}.{wanted.fqdn}"), self.ttl, "TXT", _quoted(wanted.owner))

    def _ask(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        question = dns.message.make_query(name, kind)
        return self.exchange.ask(question, f"a look at '{name.to_text(omit_final_dot=True)}'")

    def _send(self, update: dns.update.UpdateMessage, fqdn: str) -> None:
        self.exchange.ask(update, f"the update of '{fqdn}'")

    def _send_reverse(self, update: dns.update.UpdateMessage, address: str, place: Place) -> None:
        self.exchange.ask(update, f"the update of the PTR of {address} in '{place.zone}'")


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise Unavailable("dns-name", f"'{text}' is no name for DNS: {error}") from error


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _texts(answer: dns.message.Message, name: dns.name.Name, kind: str) -> list[str]:
    """The values of a set in an answer, as we write them."""
    found = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.from_text(kind))
    return sorted(_text(one) for one in found or ())


def _text(rdata: dns.rdata.Rdata) -> str:
    if isinstance(rdata, TXT):
        return b"".join(rdata.strings).decode("ascii", "backslashreplace")
    return rdata.to_text().removesuffix(".")
