"""Evidence in memory, with the same contract as that on the disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ec2kit.host.evidence import RING
from ec2kit.model.runs import EvidenceRow, Json


@dataclass
class MemoryEvidence:
    """An `EvidenceStore`."""

    ring: int = RING
    _samples: dict[str, list[EvidenceRow]] = field(default_factory=dict)
    _remembered: dict[str, Json] = field(default_factory=dict)

    def add(self, rows: Iterable[EvidenceRow]) -> None:
        for row in rows:
            samples = self._samples.setdefault(row.machine, [])
            samples.append(replace(row, raw=_copied(row.raw)))
            samples.sort(key=lambda sample: sample.at)
            del samples[: -self.ring]

    def of(self, machine: str, since: datetime) -> tuple[EvidenceRow, ...]:
        return tuple(sample for sample in self._samples.get(machine, ()) if sample.at >= since)

    def remember(self, key: str, value: Json) -> None:
        self._remembered[key] = _copied(value)

    def recall(self, key: str) -> Json:
        return _copied(self._remembered.get(key))

    def recall_all(self, prefix: str) -> dict[str, Json]:
        kept = sorted(self._remembered.items())
        return {key: _copied(value) for key, value in kept if key.startswith(prefix)}

    def forget(self, key: str) -> None:
        self._remembered.pop(key, None)


def _copied(value: Json) -> Json:
    """As it comes back from a file: no object shared, tuples as lists."""
    return json.loads(json.dumps(value))
