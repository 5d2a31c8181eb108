"""One line of JSON for each thing that happened: hostile text is escaped, and no request can fake a line."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable

from hostname_service.clock import Clock
from hostname_service.wsgi import shown

Value = str | int | float | bool | None
LONGEST = 2000
"""Characters of one value: a path may be long, and so may what an exception says."""


def to_stderr(line: str) -> None:
    """Write a line where systemd's journal reads it, and at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Log:
    """Lines of JSON. Threads may share it: a line is written whole."""

    def __init__(self, clock: Clock, write: Callable[[str], None] = to_stderr) -> None:
        self._clock, self._write, self._lock = clock, write, threading.Lock()

    def tell(self, event: str, **values: Value) -> None:
        """Write a line. A log that cannot be written stops nobody from being served."""
        told: dict[str, Value] = {
            "at": self._clock.now().isoformat(timespec="milliseconds"),
            "event": event,
        }
        for key, value in values.items():
            told[key] = shown(value, LONGEST) if isinstance(value, str) else value
        line = json.dumps(told)
        with self._lock:
            try:
                self._write(line)
            except OSError:
                return
