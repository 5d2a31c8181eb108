"""From verdicts to what is wrong, each with a word that stays the same while the trouble is the same. Pure.

| condition                       | level    | told by cron                        |
|---------------------------------|----------|-------------------------------------|
| healthy, starting, willed       | ok       | no                                  |
| suspect                         | warning  | no, only with `-v`                  |
| cannot be judged                | warning  | yes: a probe has to be added        |
| failed                          | critical | yes                                 |
| vanished                        | critical | yes, once                           |
| in quarantine, and running      | critical | yes                                 |
| its replacement failed too      | critical | yes                                 |
| the monitor is sick             | unknown  | yes, and nothing of its machines is |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ec2kit.fleet.standing import called
from ec2kit.inventory.standing import quarantined
from ec2kit.model.instances import Instance, InstanceStatus, State
from ec2kit.model.tags import HOLD_FAILED, HOLDER
from ec2kit.recovery.enrolled import Vanished
from ec2kit.recovery.holds import parse_hold
from ec2kit.recovery.judge import BUT_IT_REPLIED, Condition, Judgement
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Astray, Watch

MONITOR, STORM = "monitor", "storm"
"""Keys of troubles that are not one machine's."""


class Level(IntEnum):
    """How bad it is: the exit codes of the monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


LEVELS: dict[Condition, Level] = {
    Condition.HEALTHY: Level.OK,
    Condition.STARTING: Level.OK,
    Condition.WILLED: Level.OK,
    Condition.SUSPECT: Level.WARNING,
    Condition.UNJUDGEABLE: Level.WARNING,
    Condition.FAILED: Level.CRITICAL,
    Condition.GONE: Level.CRITICAL,
    Condition.UNKNOWN: Level.UNKNOWN,
}


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong. `what` and `kind` are compared with what was last said; `quiet` is not said by cron."""

    key: str
    name: str
    what: str
    level: Level
    reasons: tuple[str, ...] = ()
    hint: str = ""
    kind: str = ""
    """What tells it from another trouble of the same `what`."""
    quiet: bool = False
    once: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.what}" + (f": {'; '.join(self.reasons)}" if self.reasons else "")


def troubles_of(
    look: Watch, aside: Sequence[Instance] = (), only: frozenset[str] | None = None
) -> tuple[Trouble, ...]:
    """Given a look and the halves that recoveries have set aside, return what is wrong, the worst first.

    `only` are the ids that were asked for; None: everything.
    """
    wanted = [each for each in look.machines if only is None or each.instance.id in only]
    if not look.control.well:
        return (sick(look.control.reason),)
    found = [
        *(_vanished(each) for each in look.vanished if only is None),
        *(_running_again(each) for each in aside if _runs(each) and (only is None or each.id in only)),
        *(
            _given_up(each, "neither half is watched")
            for each in given_up(aside)
            if only is None or each.id in only
        ),
        *(_astray(each) for each in look.astray if only is None or each.machine.id in only),
        *(trouble for each in wanted if (trouble := _trouble(each, look.statuses.get(each.instance.id)))),
    ]
    if look.storm and only is None:
        found.append(
            Trouble(
                STORM,
                "the storm",
                "holds automatic recovery back",
                Level.CRITICAL,
                (look.storm,),
                "when it is no storm: ec2kit recover NAME --ignore-storm",
            )
        )
    return tuple(sorted(found, key=lambda trouble: -trouble.level))


def sick(reason: str, hint: str = "") -> Trouble:
    """The monitor cannot tell: nothing follows for any machine."""
    return Trouble(MONITOR, "the monitor", "is sick", Level.UNKNOWN, (reason,), hint)


def level_of(troubles: Iterable[Trouble]) -> Level:
    """Given what is wrong, return the exit code: one failure is critical, whatever cannot be told besides."""
    levels = {trouble.level for trouble in troubles}
    return next((each for each in (Level.CRITICAL, Level.UNKNOWN, Level.WARNING) if each in levels), Level.OK)


def _astray(found: Astray) -> Trouble:
    """A foreign move is told, not taken back: somebody may have meant it."""
    where = f"is at {found.holder}" if found.holder else "is free"
    name = called(found.machine)
    hint = f"ec2kit eip assign {found.public_ip} {found.machine.id}"
    hint = f"{hint} --from {found.holder}" if found.holder else hint
    reasons: tuple[str, ...] = (f"it {where}",)
    if found.stayed:
        # `eip assign` is about the primary address, and would displace the one that the recovery moved.
        reasons = (*reasons, "a second address, which its recovery did not move")
        hint = (
            f"associate it with a secondary address of {found.machine.id}, "
            f"or forget it: ec2kit tag delete {found.stayed} {HOLDER}"
        )
    return Trouble(
        f"{found.machine.id}/{found.public_ip}",
        name,
        f"does not have its address {found.public_ip}",
        Level.WARNING,
        reasons,
        hint,
        kind=found.holder,
    )


def _trouble(watched: Watched, status: InstanceStatus | None) -> Trouble | None:
    judgement, instance = watched.judgement, watched.instance
    level = LEVELS[judgement.condition]
    if HOLD_FAILED in instance.tags and judgement.condition not in (Condition.HEALTHY, Condition.WILLED):
        return _given_up(instance, *judgement.reasons)
    if level is Level.OK:
        return None
    what = {
        Condition.SUSPECT: "is suspect",
        Condition.FAILED: "failed",
        Condition.UNJUDGEABLE: "cannot be judged",
    }.get(judgement.condition, str(judgement.condition))
    hint = f"ec2kit recover {instance.name}" if judgement.condition is Condition.FAILED else ""
    return Trouble(
        instance.id,
        called(instance),
        what,
        level,
        (*judgement.reasons, *_from_here(judgement, status)),
        hint,
        quiet=judgement.condition is Condition.SUSPECT,
    )


def _from_here(judgement: Judgement, status: InstanceStatus | None) -> Iterator[str]:
    """Unreachable from where we are is less than failed: say it when EC2 itself sees nothing wrong."""
    replied = any(reason.startswith(BUT_IT_REPLIED) for reason in judgement.reasons)
    if status is None or judgement.fenced or replied:
        return
    checks = (status.system.status, status.instance.status)
    bad = judgement.condition in (Condition.SUSPECT, Condition.FAILED)
    if bad and all(check == "ok" for check in checks):
        yield "EC2's own checks pass, so it may only be unreachable from here"


def _vanished(gone: Vanished) -> Trouble:
    return Trouble(
        gone.id,
        f"{gone.name} ({gone.id})" if gone.name != gone.id else gone.id,
        "vanished",
        Level.CRITICAL,
        ("it was enrolled, and AWS no longer shows it; it is not watched any more",),
        f"ec2kit snapshot restore {gone.name}",
        once=True,
    )


def _running_again(instance: Instance) -> Trouble:
    return Trouble(
        instance.id,
        called(instance),
        "runs although it is quarantined",
        Level.CRITICAL,
        ("it was replaced, and two of one machine must not run",),
        f"ec2kit stop {instance.id}",
    )


def _runs(instance: Instance) -> bool:
    return quarantined(instance.tags) and instance.state in (State.PENDING, State.RUNNING)


def given_up(aside: Iterable[Instance]) -> tuple[Instance, ...]:
    """Given the halves that recoveries have set aside, return the old ones of recoveries that failed.

    Neither half of such a pair is watched; unless they are told of, a dead machine would read as a quiet one.
    """
    return tuple(each for each in aside if quarantined(each.tags) and HOLD_FAILED in each.tags)


def _given_up(instance: Instance, *reasons: str) -> Trouble:
    return Trouble(
        instance.id,
        called(instance),
        "was not recovered",
        Level.CRITICAL,
        (str(parse_hold(instance.tags[HOLD_FAILED])), *reasons),
        f"ec2kit recovery ack {instance.id}",
    )
