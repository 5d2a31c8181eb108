"""Who is told of every request and every connection: a line in the log, and the figures."""

from __future__ import annotations

import traceback

from hostname_service.clock import Clock
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import CONNECTIONS, CRASHES, DROPPED, REQUESTS, Metrics
from hostname_service.wsgi import Answered

PAUSE = 1.0
"""Seconds between two lines about connections that were dropped: a flood is counted, and not written out."""


class Watcher:
    """The log and the figures."""

    def __init__(self, log: Log, metrics: Metrics, clock: Clock) -> None:
        self.log, self.metrics, self._clock = log, metrics, clock
        self._told: dict[tuple[str, str], float] = {}

    def answered(self, what: Answered) -> None:
        """A request was answered: one line."""
        self.metrics.add(REQUESTS, what.listener, what.route, str(what.status), what.reason)
        self.metrics.observe(what.seconds, what.listener, what.route)
        self.log.tell(
            "request",
            listener=what.listener,
            source=what.source,
            method=what.method,
            path=what.path,
            status=what.status,
            reason=what.reason,
            ms=round(what.seconds * 1000, 1),
        )

    def crashed(self, error: BaseException) -> None:
        """Something of ours was wrong: the traceback is for the log alone."""
        self.metrics.add(CRASHES)
        self.log.tell("crash", error=type(error).__name__, trace="".join(traceback.format_exception(error)))

    def opened(self, listener: str) -> None:
        """A connection was taken."""
        self.metrics.add(CONNECTIONS, listener)

    def closed(self, listener: str) -> None:
        """A connection that was taken is closed."""
        self.metrics.add(CONNECTIONS, listener, amount=-1)

    def dropped(self, listener: str, reason: str, source: str) -> None:
        """A connection was closed without an answer: counted each time, told of once in a while."""
        self.metrics.add(DROPPED, listener, reason)
        now = self._clock.monotonic()
        if now - self._told.get((listener, reason), -PAUSE) >= PAUSE:
            self._told[(listener, reason)] = now
            self.log.tell("dropped", listener=listener, reason=reason, source=source)

    def exposition(self) -> str:
        """All figures, as Prometheus reads them."""
        return self.metrics.exposition()
