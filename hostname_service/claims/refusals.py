"""How many refusals the audit takes: whoever can connect can be refused without end, and would fill the disk.

The log and the figures count every one. The audit, which is kept for more than a year, has the first of each hour; the
next line that is written says how many were left out.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SPAN = timedelta(hours=1)
EACH = 30
"""Lines of one source, or about one machine, in a span: a machine asks up to a minute long every two seconds."""
ALL = 300
"""Lines about those who have proved nothing, in a span: under 1 GB in the time that the audit is kept."""


@dataclass
class Refusals:
    """What was written in this span. Threads may share it; its memory is bounded by what was written."""

    left_out: Callable[[], None] = lambda: None
    """Called for each refusal that is not written."""
    _since: datetime | None = None
    _written: Counter[str] = field(default_factory=Counter)
    _strangers: int = 0
    _omitted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: datetime, who: str, *, stranger: bool) -> int | None:
        """Given who is refused, and whether they have proved nothing, return how many refusals were left out before
        this one; None: this one is left out too."""
        with self._lock:
            if self._since is None or now - self._since >= SPAN:
                self._since, self._strangers = now, 0
                self._written.clear()
            if self._written[who] >= EACH or (stranger and self._strangers >= ALL):
                self._omitted += 1
                found = None
            else:
                self._written[who] += 1
                self._strangers += stranger
                found, self._omitted = self._omitted, 0
        if found is None:
            self.left_out()
        return found
