"""What a probe saw: the one shape of all kinds of evidence, and the protocol of a probe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance


class Verdict(StrEnum):
    """What one sample says of a machine: an application's reply is good, silence bad, an error of ours unknown."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """The kinds of evidence: two different kinds must agree where EC2's own checks do not suffice."""

    EC2_SYSTEM = "ec2-system"
    EC2_INSTANCE = "ec2-instance"
    EC2_EBS = "ec2-ebs"
    EC2_STATE = "ec2-state"
    HTTP = "http"
    BANNER = "banner"

    @property
    def is_application(self) -> bool:
        """Whether a good sample of this kind is an application's reply."""
        return self in (Kind.HTTP, Kind.BANNER)


@dataclass(frozen=True)
class Sample:
    """One look at one machine."""

    machine: InstanceId
    kind: Kind
    at: datetime
    verdict: Verdict
    reason: str = ""
    raw: str = ""


class Probe(Protocol):
    """One kind of evidence, taken for many machines at once."""

    kind: Kind

    def sample(self, machines: Sequence[Instance], now: datetime) -> Iterable[Sample]:
        """Look at each machine once; never raises for one machine's sake: what cannot be told is `unknown`."""
