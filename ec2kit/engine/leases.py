"""Keeps a lease while work goes on: `guard` renews it in time, and stops the work before it could expire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from ec2kit.engine.waiting import Clock
from ec2kit.errors import Busy
from ec2kit.model.runs import Lease, Leases

CALL = timedelta(seconds=25)
"""How long one changing call may take: 5 s to connect and 20 s to answer (`ec2kit.aws.door`)."""


class Keeper:
    """Holds one lease. There is no thread: `guard` is asked before each changing call and all through waiting,
    and that is when the lease is renewed; a process that hangs simply loses it, and learns so before it acts."""

    def __init__(self, leases: Leases, lease: Lease, ttl: timedelta, clock: Clock) -> None:
        if ttl < 4 * CALL:
            raise ValueError(f"a lease of {ttl} is too short: interval + 2 calls must fit twice over")
        self._leases = leases
        self._ttl = ttl
        self._clock = clock
        self._lock = threading.Lock()
        self.lease: Lease | None = lease
        self._name = lease.name

    @property
    def interval(self) -> timedelta:
        """How old the lease may get before it is renewed: interval + 2 calls is half of its life."""
        return self._ttl / 2 - 2 * CALL if self._ttl > 4 * CALL else timedelta()

    def guard(self) -> None:
        """Renew when it is time; raises `Busy` once the lease is lost or too near its end for another call."""
        with self._lock:
            lease, now = self.lease, self._clock.now()
            if lease is not None and now >= lease.expires - self._ttl + self.interval:
                # Also past its end: the store says whether it is still ours.
                self.lease = lease = self._leases.renew(lease, self._ttl, now)
            if lease is None or now >= lease.expires - CALL:
                raise Busy(
                    f"the lease '{self._name}' was lost, nothing more is changed",
                    resource=self._name,
                    hint="whoever has it now goes on with the same work",
                )


@contextmanager
def keep(
    leases: Leases, name: str, holder: str, ttl: timedelta, clock: Clock
) -> Iterator[Callable[[], None]]:
    """Take the lease `name`, yield the guard for `Session.guard`, give it back at the end.

    Re-reads it after taking it. Raises `Busy` when somebody living has it.
    """
    lease = leases.acquire(name, holder, ttl, clock.now())
    if lease is not None and (shown := leases.read(name)) is not None and shown.token != lease.token:
        lease = None
    if lease is None:
        other = leases.read(name)
        whose = f" by {other.holder}" if other else ""
        raise Busy(f"'{name}' is being worked on{whose}", resource=name, hint="ec2kit recovery status")
    keeper = Keeper(leases, lease, ttl, clock)
    try:
        yield keeper.guard
    finally:
        if keeper.lease is not None:
            leases.release(keeper.lease)
