"""A token bucket for each API action, a little below EC2's own, so that a bulk never runs into throttling.

EC2 counts requests per action, account and region ("Request throttling for the Amazon EC2 API"): a bucket of
100 refilled with 20 a second for describing, 50 with 5 for changing, and a few smaller ones. The retry quota
of a botocore client is shared by all actions and runs dry in a bulk, which is why we pace ourselves.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol


class Timekeeper(Protocol):
    """The part of `ec2kit.host.clock.Clock` that pacing needs."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class Bucket:
    """How many requests at once, and how many more each second."""

    size: float
    refill: float


DESCRIBING = Bucket(100, 20)
CHANGING = Bucket(50, 5)
BUCKETS: dict[str, Bucket] = {
    "RunInstances": Bucket(5, 2),
    "StartInstances": Bucket(5, 2),
    "CreateKeyPair": Bucket(5, 2),
    "AuthorizeSecurityGroupIngress": Bucket(5, 2),
    "RevokeSecurityGroupIngress": Bucket(5, 2),
    "TerminateInstances": Bucket(100, 5),
    "CreateTags": Bucket(100, 10),
    "DeleteTags": Bucket(100, 10),
    "StartSnapshot": Bucket(10, 8),
    "CompleteSnapshot": Bucket(10, 8),
    "PutSnapshotBlock": Bucket(500, 900),
    "GetSnapshotBlock": Bucket(500, 900),
    "ListSnapshotBlocks": Bucket(40, 40),
    "ListChangedBlocks": Bucket(40, 40),
    "UploadPart": Bucket(500, 2000),
    "PutObject": Bucket(500, 2000),
    "GetObject": Bucket(500, 4000),
    "HeadObject": Bucket(500, 4000),
}
"""Actions whose bucket differs from the two common ones (same page; key pairs and rules: the lowest of the
modify calls, by EC2's troubleshooting guide; blocks of snapshots: "Amazon EBS endpoints and quotas"; objects: 3,500
writes and 5,500 reads a second for a prefix, S3 User Guide, "Optimizing performance")."""


def bucket_of(action: str) -> Bucket:
    """Given an API action, return its bucket."""
    return BUCKETS.get(action, DESCRIBING if action.startswith(("Describe", "Get", "List")) else CHANGING)


class Limiter:
    """Paces calls by action; shared by all threads of a process."""

    def __init__(self, clock: Timekeeper) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, action: str) -> None:
        """Wait until a request for `action` may be sent."""
        delay = self._reserve(action)
        if delay > 0:
            self._clock.sleep(delay)

    def _reserve(self, action: str) -> float:
        """Take one token, on credit when there is none; returns the seconds until the credit is paid back."""
        bucket = bucket_of(action)
        with self._lock:
            now = self._clock.monotonic()
            level, then = self._levels.get(action, (bucket.size, now))
            level = min(bucket.size, level + (now - then) * bucket.refill) - 1
            self._levels[action] = (level, now)
        return max(0.0, -level / bucket.refill)
