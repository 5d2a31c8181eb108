"""Figures for Prometheus, in its text format: counters, gauges and one histogram, in memory that does not grow."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: a claim takes some hundredths, and at most as long as DNS and the CA are waited for."""
SERIES = 200
"""Series of one family; whatever is more is counted as `other`, so that nobody can fill the memory with labels."""

Labels = tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """One figure: its name, what it means, its kind, and what its labels are called."""

    name: str
    help: str
    kind: str
    labels: Labels = ()


REQUESTS = Family(
    "hostname_service_requests_total",
    "Requests that were answered, by how they ended.",
    "counter",
    ("listener", "route", "status", "reason"),
)
SECONDS = Family(
    "hostname_service_request_seconds",
    "Seconds from a request that was read to its answer.",
    "histogram",
    ("listener", "route"),
)
CONNECTIONS = Family("hostname_service_connections", "Connections that are open now.", "gauge", ("listener",))
DROPPED = Family(
    "hostname_service_connections_dropped_total",
    "Connections that were closed without an answer of the service, by why.",
    "counter",
    ("listener", "reason"),
)
CRASHES = Family("hostname_service_crashes_total", "Errors that nobody expected.", "counter")
LEFT_OUT = Family(
    "hostname_service_audit_left_out_total",
    "Refusals that the audit does not have, because there were too many.",
    "counter",
)
FAMILIES = (REQUESTS, SECONDS, CONNECTIONS, DROPPED, CRASHES, LEFT_OUT)


class Metrics:
    """All figures. Threads may share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Family, Counter[Labels]] = {family: Counter() for family in FAMILIES}
        self._seconds: dict[Labels, tuple[list[int], float]] = {}

    def add(self, family: Family, *labels: str, amount: int = 1) -> None:
        """Count: `amount` may be negative for a gauge."""
        with self._lock:
            values = self._values[family]
            if labels not in values and len(values) >= SERIES:
                labels = ("other",) * len(labels)
            values[labels] += amount

    def observe(self, seconds: float, *labels: str) -> None:
        """Count how long a request took."""
        with self._lock:
            if labels not in self._seconds and len(self._seconds) >= SERIES:
                labels = ("other",) * len(labels)
            counts, total = self._seconds.get(labels, ([0] * (len(BUCKETS) + 1), 0.0))
            place = next((at for at, most in enumerate(BUCKETS) if seconds <= most), len(BUCKETS))
            counts[place] += 1
            self._seconds[labels] = (counts, total + seconds)

    def value(self, family: Family, *labels: str) -> int:
        """One counter or gauge as it is now."""
        with self._lock:
            return self._values[family].get(labels, 0)

    def exposition(self) -> str:
        """Everything, in the text format of Prometheus."""
        lines: list[str] = []
        with self._lock:
            for family in FAMILIES:
                lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
                if family is SECONDS:
                    for labels, (counts, total) in sorted(self._seconds.items()):
                        lines += _histogram(family, labels, counts, total)
                for labels, value in sorted(self._values[family].items()):
                    lines.append(f"{family.name}{_labels(family.labels, labels)} {value}")
        return "\n".join(lines) + "\n"


def _histogram(family: Family, labels: Labels, counts: Sequence[int], total: float) -> list[str]:
    lines, so_far = [], 0
    names = (*family.labels, "le")
    for most, count in zip([*map(str, BUCKETS), "+Inf"], counts, strict=True):
        so_far += count
        lines.append(f"{family.name}_bucket{_labels(names, (*labels, most))} {so_far}")
    lines.append(f"{family.name}_sum{_labels(family.labels, labels)} {total:.6f}")
    lines.append(f"{family.name}_count{_labels(family.labels, labels)} {so_far}")
    return lines


def _labels(names: Labels, values: Labels) -> str:
    told = ",".join(f'{name}="{_quoted(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{told}}}" if told else ""


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
