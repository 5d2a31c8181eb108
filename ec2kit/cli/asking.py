"""Who asks before it acts, and from how many machines on everybody does. Data and pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned
from ec2kit.errors import UsageError
from ec2kit.model.ids import kind_of
from ec2kit.screen.plans import sentence
from ec2kit.screen.values import one_line

ASKS: frozenset[str] = frozenset(
    {
        "terminate",
        "stop",
        "reboot",
        "resize",
        "move",
        "rewind",
        "rescue",
        "snapshot delete",
        "snapshot prune",
        "volume delete",
        "volume detach",
        "image delete",
        "image prune",
        "bundle prune",
        "eip release",
        "eip unassign",
        "lb remove",
        "sg revoke",
        "sg delete",
        "key delete",
        "alarm delete",
        "rds set",
        "rds apply",
        "rds reboot",
        "hostname release",
        "hostname reset",
        "undo",
        "gc",
        "recovery retire",
        "upgrade retire",
        "upgrade swap",
        "upgrade back",
        "standby failover",
        "standby failback",
        "cluster down",
    }
)
"""The commands that destroy or interrupt. Two more ask under a condition, and say so to `carry_out` themselves:
`eip assign --from`, and `recover` of a machine that is not enrolled."""

ADDING: frozenset[str] = frozenset(
    {
        "create-snapshot-set",
        "create-snapshot",
        "create-image",
        "register-image",
        "create-volume",
        "run-instance",
    }
)
"""Kinds of steps that name an existing machine and change nothing of it."""

MOST, SHARE = 10, 30
"""The brake when `--max` is not given: the smaller of 10 machines and 30 % of the running ones."""


@dataclass(frozen=True)
class Brake:
    """`--max`: a number of machines, or a share in percent of the running ones; None where it does not limit."""

    machines: int | None = None
    share: int | None = None

    def limit(self, running: int) -> int:
        """How many existing machines may be changed without asking; one always may."""
        shared = self.share * running // 100 if self.share is not None else None
        return max(1, min(limit for limit in (self.machines, shared) if limit is not None))

    def reason(self, running: int) -> str:
        """Where the limit comes from, for those who meet it."""
        given = [f"{self.machines} machines"] if self.machines is not None else []
        given += [f"{self.share}% of the {running} that run"] if self.share is not None else []
        return f"the brake is {' or '.join(given)}{', whichever is less' if len(given) > 1 else ''}"


def parse_brake(text: str | None) -> Brake:
    """Given what `--max` says (None: nothing), return the brake; raises `UsageError`."""
    if text is None:
        return Brake(MOST, SHARE)
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit()):
        raise UsageError(
            f"--max wants a number or a share, not '{text}'", hint="write `--max 5` or `--max 30%`"
        )
    return Brake(share=int(number)) if text.endswith("%") else Brake(machines=int(number))


def machines_changed(plan: Plan) -> tuple[str, ...]:
    """Given a plan, return the ids of the existing machines that it changes, each once."""
    found: dict[str, None] = {}
    for planned in plan.steps:
        if planned.step.kind not in ADDING:
            found.update(dict.fromkeys(_instances(planned)))
    return tuple(found)


def _instances(planned: Planned) -> list[str]:
    """A step's target, and for a tag step all its resources."""
    named = vars(planned.step).get("resources", ())
    words = [planned.step.target(), *(named if isinstance(named, tuple | list) else ())]
    return [word for word in words if isinstance(word, str) and kind_of(word) == "instance"]


def question(plan: Plan, verb: str, place: str, shown: int = 10) -> str:
    """Given a plan, return the question with all that a person must know: place, what, what follows."""
    steps = [sentence(planned) for planned in plan.steps]
    single = len(steps) == 1
    lines = [f"{verb} in {place}: {steps[0] if single else f'{len(steps)} changes'}"]
    lines += [f"  {step}" for step in steps[: 0 if single else shown]]
    if len(plan.steps) > shown:
        lines.append(f"  … and {len(plan.steps) - shown} more (all of them: --dry-run)")
    lines += [f"  not touched: {item.resource}: {item.reason}" for item in plan.refused[:shown]]
    lines += [f"  note: {note}" for note in plan.notes]
    return "\n".join([*map(one_line, lines), "go ahead? [y/N] "])
