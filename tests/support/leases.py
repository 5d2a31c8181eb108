"""Leases in memory, with the same contract as those on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from ec2kit.model.runs import Lease


@dataclass
class MemoryLeases:
    """A `Leases`. `die` lets a holder end as if it had been killed."""

    _leases: dict[str, Lease] = field(default_factory=dict)
    _dead: set[str] = field(default_factory=set)
    _tokens: count[int] = field(default_factory=lambda: count(1))

    def acquire(self, name: str, holder: str, ttl: timedelta, now: datetime) -> Lease | None:
        before = self._leases.get(name)
        if before and before.expires > now and before.token not in self._dead:
            return None
        lease = Lease(name, holder, f"token-{next(self._tokens)}", now + ttl)
        self._leases[name] = lease
        return lease

    def renew(self, lease: Lease, ttl: timedelta, now: datetime) -> Lease | None:
        current = self._leases.get(lease.name)
        if current is None or current.token != lease.token or current.expires <= now:
            return None
        self._leases[lease.name] = replace(current, expires=now + ttl)
        return self._leases[lease.name]

    def release(self, lease: Lease) -> None:
        current = self._leases.get(lease.name)
        if current and current.token == lease.token:
            del self._leases[lease.name]

    def read(self, name: str) -> Lease | None:
        return self._leases.get(name)

    def held(self, prefix: str, now: datetime) -> tuple[Lease, ...]:
        return tuple(
            lease
            for name, lease in sorted(self._leases.items())
            if name.startswith(prefix) and lease.expires > now and lease.token not in self._dead
        )

    def die(self, lease: Lease) -> None:
        """Its holder lives no more."""
        self._dead.add(lease.token)
