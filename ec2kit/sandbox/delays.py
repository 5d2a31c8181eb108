"""How long AWS takes for what moto does at once, in seconds of the sandbox's clock."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delays:
    """Typical times of small instances and disks: long enough that a tool has to wait, short enough to watch."""

    pending: float = 15
    stop: float = 30
    shutdown: float = 30
    snapshot: float = 30
    snapshot_per_gib: float = 1
    image: float = 30
    status: float = 60
    target: float = 20
    # EC2 documents eventual consistency without a number; most of it is over within seconds.
    lag_max: float = 5.0
    # "usually less than an hour": EC2 User Guide, Terminate your instance.
    terminated_visible: float = 3600

    @classmethod
    def none(cls) -> "Delays":
        """Everything at once, for tests that are not about time (terminated machines stay visible)."""
        return cls(
            pending=0,
            stop=0,
            shutdown=0,
            snapshot=0,
            snapshot_per_gib=0,
            image=0,
            status=0,
            target=0,
            lag_max=0,
        )
