"""Everything that the next move depends on, as one value: what a tick observed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ec2kit.fleet.restore import Source
from ec2kit.model.ids import SubnetId, Zone
from ec2kit.model.instances import Address, Instance, ScheduledEvent, State
from ec2kit.recovery.candidates import NoCandidate
from ec2kit.recovery.failures import Failure
from ec2kit.recovery.holds import Hold
from ec2kit.recovery.judge import Judgement

NOT_LOOKED_AT = NoCandidate("its sets were not looked at")


@dataclass(frozen=True)
class Health:
    """How a machine that should be well looks now: has its own probe replied, have EC2's three checks passed.

    `replies` is None for a machine without probes: then EC2's checks decide alone. `answers` is any reply, one with
    a wrong status too: that one does not serve, but lives.
    """

    replies: bool | None
    checks_passed: bool
    answers: bool = False

    @property
    def serves(self) -> bool:
        """Whether the machine may have its address: its own probe replied, or, without one, the checks passed."""
        return self.checks_passed if self.replies is None else self.replies

    @property
    def lives(self) -> bool:
        """Whether it gives any sign of life: what lives is neither stopped nor replaced."""
        return self.answers or self.serves

    @property
    def verified(self) -> bool:
        """Whether both the probe and EC2's checks say that it is well."""
        return self.serves and self.checks_passed


@dataclass(frozen=True)
class Seen:
    """One look at one enrolled machine, its possible successor, its address and its sets."""

    at: datetime
    """AWS's time of the look: what is decided from it is decided for this moment."""
    old: Instance
    judgement: Judgement
    health: Health
    failure: Failure | None = None
    holds: Mapping[str, Hold] = field(default_factory=dict)
    objections: tuple[str, ...] = ()
    """Reasons outside the machine that forbid to begin: global pause, storm, cap, Auto Scaling, ourselves."""
    events: tuple[ScheduledEvent, ...] = ()
    successor: Instance | None = None
    successor_health: Health = Health(None, False)
    address: Address | None = None
    left: tuple[Address, ...] = ()
    """Elastic IPs of its secondary addresses and interfaces: these stay where they are."""
    by_hand: Zone | None = None
    """The zone to go to, when a person has just said that the old half is off for good."""
    refuge: SubnetId = SubnetId("")
    """The subnet to go to in that zone; empty leaves it to EC2."""
    source: Source | NoCandidate = NOT_LOOKED_AT
    started_by_us: bool = False
    """Whether this very process has started the old half again in this recovery."""
    tried_to_replace: bool = False
    """Whether this very process has tried to launch a replacement."""
    no_room: bool = False
    """Whether AWS has just told this very process that it has no capacity to start the old half again."""
    asked: Mapping[str, timedelta] = field(default_factory=dict)
    """Of a machine that is stopping: how long ago each step of its recovery was asked for, by the step's key."""

    @property
    def old_is_off(self) -> bool:
        """Whether the old instance reads as fenced: stopped or terminated, nothing else."""
        return self.old.state in (State.STOPPED, State.TERMINATED)
