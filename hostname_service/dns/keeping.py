"""The rules by which names are claimed and let go, the same for every back end.

A back end makes one change under one condition, wholly or not at all. Everything that is decided here is decided again
by that condition, so two replicas, or a claim and a release, can meet at any point: one of them is told `Conflict`,
looks, and decides anew.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from hostname_service.dns.port import Records
from hostname_service.errors import Held, ServiceError, Unavailable

ROUNDS = 4
"""Who loses against others that often waits for its next turn."""


class Conflict(Exception):
    """The condition of a change did not hold; nothing was changed."""


class Session(Protocol):
    """One operation on a back end, with one deadline for all of it. Each method raises `Unavailable`."""

    def look(self, fqdn: str) -> Records | None:
        """What there is. A name that is an alias (CNAME) is there, without addresses and without an owner."""

    def create(self, wanted: Records) -> None:
        """A, AAAA and owner, if there is none of them and no alias; raises `Conflict`."""

    def replace(self, existing: Records, wanted: Records) -> None:
        """New records in the place of those of `existing.owner`; raises `Conflict` when it is not the owner."""

    def delete(self, existing: Records) -> None:
        """Remove A, AAAA and owner of `existing.owner`; raises `Conflict` when it is not the owner."""

    def pointer(self, address: str) -> str | None:
        """The name that the PTR of an address says; empty: none. None: its zone is not ours."""

    def point(self, address: str, fqdn: str) -> None:
        """Let the PTR of an address be this name and no other; nothing where the zone is not ours."""

    def unpoint(self, address: str, fqdn: str) -> None:
        """Remove the PTR of an address if it is exactly this name."""


class Backend(Protocol):
    """Where sessions come from."""

    def begin(self) -> AbstractContextManager[Session]:
        """Begin one operation: its deadline runs from here."""


@dataclass(frozen=True)
class Keeper:
    """A `Dns` over a back end. Threads may share it: nothing is kept between calls."""

    backend: Backend

    def claim(self, wanted: Records, previous: Collection[str] = ()) -> None:
        """See `Dns.claim`. Where the name had other addresses before, their PTR goes first: afterwards nobody would
        know them."""
        with self.backend.begin() as session:
            for _ in range(ROUNDS):
                try:
                    _claim(session, wanted, previous)
                except Conflict:
                    continue
                return
        raise _busy(wanted.fqdn)

    def claim_reverse(self, wanted: Records) -> None:
        """See `Dns.claim_reverse`. Every address is tried; what failed is told together."""
        failures: list[ServiceError] = []
        with self.backend.begin() as session:
            for address in wanted.addresses:
                try:
                    session.point(address, wanted.fqdn)
                except Unavailable as error:
                    failures.append(error)
        if failures:
            raise Unavailable(failures[0].reason, "; ".join(error.message for error in failures))

    def release(self, records: Records) -> None:
        """See `Dns.release`. PTR go first: cut in between, the owner is still there, and so is the way back here."""
        with self.backend.begin() as session:
            for _ in range(ROUNDS):
                existing = session.look(records.fqdn)
                if existing is not None and existing.owner != records.owner:
                    return
                told = existing.addresses if existing else ()
                for address in sorted({*records.addresses, *told}):
                    session.unpoint(address, records.fqdn)
                if existing is None:
                    return
                try:
                    session.delete(existing)
                except Conflict:
                    continue
                return
        raise _busy(records.fqdn)

    def look(self, fqdn: str) -> Records | None:
        """See `Dns.look`."""
        with self.backend.begin() as session:
            return session.look(fqdn)

    def look_reverse(self, address: str) -> str | None:
        """See `Dns.look_reverse`."""
        with self.backend.begin() as session:
            return session.pointer(address)


def _claim(session: Session, wanted: Records, previous: Collection[str]) -> None:
    try:
        # The usual case takes one message.
        session.create(wanted)
    except Conflict:
        existing = session.look(wanted.fqdn)
    else:
        return
    if existing is None:
        raise Conflict
    if not existing.owner or existing.owner not in (wanted.owner, *previous):
        raise Held(
            "dns-held", f"'{wanted.fqdn}' {_whose(existing)}: remove its records, or assign another name"
        )
    for address in sorted(set(existing.addresses) - set(wanted.addresses)):
        session.unpoint(address, wanted.fqdn)
    session.replace(existing, wanted)


def _whose(existing: Records) -> str:
    if existing.owner:
        return f"is owned by '{existing.owner}' in DNS"
    return "is in DNS already and not from here (it has no owner TXT)"


def _busy(fqdn: str) -> Unavailable:
    return Unavailable(
        "dns-busy", f"the records of '{fqdn}' changed each time they were looked at: try again"
    )
