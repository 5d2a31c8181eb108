"""What ran, as machine seconds in each clock hour, hours that are alike counted together. Pure.

A reservation covers up to an hour of use in each clock hour, of one machine or of several one after another ("How you
are billed", EC2 User Guide), so a clock hour is what is looked at. Five thousand machines that never stop are one
stretch of hours; only what changes makes another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ec2kit.costs.fleet.sizes import SHARED, family_of, is_flexible

HOUR = 3600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Pool:
    """Machines that billing does not tell apart."""

    region: str
    zone: str
    type: str
    platform: str = "Linux/UNIX"
    """PlatformDetails."""
    tenancy: str = "default"
    lifecycle: str = ""
    """Empty on demand; spot, scheduled or capacity-block."""

    @property
    def apart(self) -> str:
        """Why no reservation is looked for; empty when one may be."""
        return self.lifecycle or ("" if self.tenancy == SHARED else self.tenancy)

    @property
    def market(self) -> Market:
        """What one would reserve for it."""
        flexible = is_flexible(self.type, self.platform, self.tenancy)
        what = family_of(self.type) if flexible else self.type
        return Market(self.region, what, self.platform, flexible)


@dataclass(frozen=True, order=True)
class Market:
    """What one regional reservation is good for: a family, or where sizes cannot be exchanged a type."""

    region: str
    what: str
    platform: str
    flexible: bool


@dataclass(frozen=True)
class Span:
    """A machine ran from `start` until just before `end`; `assumed` when nobody saw it all of that time."""

    machine: str
    pool: Pool
    start: datetime
    end: datetime
    assumed: bool = False

    @property
    def seconds(self) -> int:
        """How long."""
        return max(0, second_of(self.end) - second_of(self.start))


@dataclass(frozen=True)
class Window:
    """Whole clock hours, counted since 1970: from `first` until just before `end`."""

    first: int
    end: int

    @classmethod
    def around(cls, start: datetime, end: datetime) -> Window:
        """The hours that have something of that time in them, one at least."""
        first = second_of(start) // HOUR
        return cls(first, max(first + 1, -(-second_of(end) // HOUR)))

    @property
    def hours(self) -> int:
        """How many."""
        return self.end - self.first

    @property
    def start_time(self) -> datetime:
        """When its first hour begins."""
        return _EPOCH + timedelta(hours=self.first)

    @property
    def end_time(self) -> datetime:
        """When its last hour has ended."""
        return _EPOCH + timedelta(hours=self.end)


@dataclass(frozen=True)
class Stretch:
    """`hours` clock hours that are alike, from `first` on: machine seconds in each of them, by pool."""

    first: int
    hours: int
    seconds: Mapping[Pool, int]


@dataclass(frozen=True)
class Use:
    """What ran in a window. `changes` has, for each pool and hour, by how many seconds the hour differs from the one
    before it."""

    window: Window
    changes: Mapping[Pool, Mapping[int, int]] = field(default_factory=dict)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """What ran at all."""
        return tuple(sorted(self.changes))

    def stretches(self, pools: Iterable[Pool], cuts: Iterable[int] = ()) -> Iterator[Stretch]:
        """Given some of the pools, and hours at which something else changes, yield the window in order."""
        moves: dict[int, list[tuple[Pool, int]]] = {hour: [] for hour in cuts}
        moves |= {self.window.first: []}
        for pool in pools:
            for hour, change in self.changes.get(pool, {}).items():
                moves.setdefault(hour, []).append((pool, change))
        now: dict[Pool, int] = {}
        hours = sorted(hour for hour in moves if self.window.first <= hour < self.window.end)
        for first, end in zip(hours, [*hours[1:], self.window.end], strict=True):
            for pool, change in moves[first]:
                now[pool] = now.get(pool, 0) + change
            yield Stretch(first, end - first, {pool: seconds for pool, seconds in now.items() if seconds})

    def seconds(self, pool: Pool) -> int:
        """Machine seconds of a pool in all of the window."""
        return sum(change * (self.window.end - hour) for hour, change in self.changes.get(pool, {}).items())


def use_of(spans: Iterable[Span], window: Window) -> Use:
    """Given when machines ran, return what that is in the window's hours."""
    found: dict[Pool, dict[int, int]] = {}
    low, high = window.first * HOUR, window.end * HOUR
    for span in spans:
        start, end = max(low, second_of(span.start)), min(high, second_of(span.end))
        if start < end:
            changes = found.setdefault(span.pool, {})
            for hour, change in _changes(start, end):
                changes[hour] = changes.get(hour, 0) + change
    return Use(window, {pool: _within(changes, window) for pool, changes in found.items()})


def second_of(moment: datetime) -> int:
    """Given an aware time, return the second since 1970 that it is in."""
    return (moment - _EPOCH) // _SECOND


def _changes(start: int, end: int) -> Sequence[tuple[int, int]]:
    """The hours in which a machine's seconds change: its first one may be a part, and so may its last."""
    first, last = start // HOUR, (end - 1) // HOUR
    if first == last:
        return ((first, end - start), (first + 1, start - end))
    begun, ended = (first + 1) * HOUR - start, end - last * HOUR
    return ((first, begun), (first + 1, HOUR - begun), (last, ended - HOUR), (last + 1, -ended))


def _within(changes: Mapping[int, int], window: Window) -> dict[int, int]:
    return {hour: change for hour, change in sorted(changes.items()) if change and hour < window.end}
