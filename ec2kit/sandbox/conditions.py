"""What is wrong with which resource just now: read by the rules, written by `breaks` and by tests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Check = Literal["system", "instance", "ebs"]

CHECKS: tuple[Check, ...] = get_args(Check)

Place = tuple[str | None, str | None]
"""A zone and an instance type; None stands for any."""


@dataclass
class Conditions:
    """Ids of AWS, never names: whoever writes has resolved them.

    `no_capacity` says how many launches it still refuses (None: until mended). `rivals` maps a public address to
    the instance that takes it right after the next AssociateAddress. `failing_snapshots` holds ids of snapshots,
    volumes or instances; `next_snapshots_fail` is a number of snapshots, whichever they are. With `probe_path_down`
    no probe gets through to anything, which is the monitor's trouble and not the machines'.
    """

    impaired: dict[tuple[str, Check], datetime] = field(default_factory=dict)
    stuck_stop: set[str] = field(default_factory=set)
    dead_ports: dict[str, set[int]] = field(default_factory=dict)
    failing_snapshots: set[str] = field(default_factory=set)
    next_snapshots_fail: int = 0
    zones_down: set[str] = field(default_factory=set)
    no_capacity: dict[Place, int | None] = field(default_factory=dict)
    rivals: dict[str, str] = field(default_factory=dict)
    probe_path_down: bool = False
    # What happened because of them, for `sandbox status`; taken away at the next request.
    fired: list[str] = field(default_factory=list)

    def impair(self, instance_id: str, check: Check, at: datetime) -> None:
        """Let a status check fail since `at`; one that fails already keeps its ImpairedSince."""
        self.impaired.setdefault((instance_id, check), at)

    def impaired_since(self, instance_id: str, check: Check) -> datetime | None:
        """Since when a status check fails, or None while it is well."""
        return self.impaired.get((instance_id, check))

    def mend(self, instance_id: str) -> None:
        """Take away everything that is wrong with one instance."""
        for check in CHECKS:
            self.impaired.pop((instance_id, check), None)
        self.stuck_stop.discard(instance_id)
        self.dead_ports.pop(instance_id, None)
        self.failing_snapshots.discard(instance_id)

    def snapshot_fails(self, *ids: str) -> bool:
        """Whether a snapshot that begins now ends in error, given the ids of it, its volume and its instance.

        A count is used up by asking: ask once for each snapshot.
        """
        if not self.failing_snapshots.intersection(ids):
            if self.next_snapshots_fail == 0:
                return False
            self.next_snapshots_fail -= 1
        self.fired.append(f"fail-snapshot {' '.join(ids)}")
        return True

    def lacks_capacity(self, zone: str, instance_type: str) -> bool:
        """Whether a launch or start in this zone of this type is refused. A count is used up by asking."""
        for place in ((zone, instance_type), (zone, None), (None, instance_type), (None, None)):
            if place in self.no_capacity:
                left = self.no_capacity[place]
                if left is not None and left <= 1:
                    del self.no_capacity[place]
                elif left is not None:
                    self.no_capacity[place] = left - 1
                self.fired.append(f"no-capacity {zone}/{instance_type}")
                return True
        return False

    def rival_for(self, address: str) -> str | None:
        """Which instance takes `address` right after this association; asking uses it up."""
        rival = self.rivals.pop(address, None)
        if rival is not None:
            self.fired.append(f"rival:{rival} {address}")
        return rival
