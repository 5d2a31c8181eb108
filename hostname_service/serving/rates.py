"""How often one source, and all together, may ask: token buckets, in memory that does not grow.

The attack: a flood of claims, each of which costs a signature check and questions to AWS; and a flood from ever new
addresses, that would fill a table of buckets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from hostname_service.clock import Clock
from hostname_service.serving.proxies import counted_as, read_address

TABLE = 10_000
"""Buckets that are kept: above that the one that was longest not asked for is forgotten."""


@dataclass
class _Bucket:
    """Tokens, as many as there were at a moment."""

    tokens: float
    at: float

    def fill(self, now: float, a_second: float, most: float) -> None:
        self.tokens = min(most, self.tokens + max(0.0, now - self.at) * a_second)
        self.at = now


class Rates:
    """One bucket for each source and one for all. Threads may share it."""

    def __init__(self, a_minute_each: int, a_second_all: int, clock: Clock, table: int = TABLE) -> None:
        self._each, self._all, self._clock, self._table = a_minute_each, a_second_all, clock, table
        self._sources: OrderedDict[str, _Bucket] = OrderedDict()
        self._total = _Bucket(a_second_all, clock.monotonic())
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sources)

    def wait(self, source: str) -> float:
        """Given a source, take a token and return 0, or return the seconds until there is one.

        A source that is refused takes nothing from the others' share.
        """
        with self._lock:
            now = self._clock.monotonic()
            own = self._bucket(_key(source), now)
            own.fill(now, self._each / 60, self._each)
            if own.tokens < 1:
                return (1 - own.tokens) * 60 / self._each
            self._total.fill(now, self._all, self._all)
            if self._total.tokens < 1:
                return (1 - self._total.tokens) / self._all
            own.tokens -= 1
            self._total.tokens -= 1
            return 0.0

    def _bucket(self, key: str, now: float) -> _Bucket:
        found = self._sources.get(key)
        if found is None:
            found = self._sources[key] = _Bucket(self._each, now)
            if len(self._sources) > self._table:
                self._sources.popitem(last=False)
        self._sources.move_to_end(key)
        return found


def _key(source: str) -> str:
    try:
        return counted_as(read_address(source))
    except ValueError:
        return source[:64]
