"""What a look, and a recovery, come to in words: for people, for cron's mail, for a monitoring plugin. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ec2kit.errors import Exit
from ec2kit.model.periods import format_duration
from ec2kit.recovery.candidates import NoCandidate
from ec2kit.recovery.heal import Healed
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.seen import Seen
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import Level, Trouble, level_of

ACK = "ec2kit recovery ack"
"""The hint of a hard stop: the tick that gave up and those that come after it tell of the same trouble."""


def plugin_line(watched: Sequence[Watched], troubles: Sequence[Trouble]) -> str:
    """Given what was looked at and what is wrong, return the one line that monitoring plugins print.

    `EC2KIT OK - 40 of 40 | failed=0;;0;0;40 …`: the format of the Monitoring Plugins guidelines, warning and
    critical thresholds being "more than 0".
    """
    level = level_of(troubles)
    total = len(watched)
    counts = {
        each: sum(watch.judgement.condition is each for watch in watched)
        for each in (Condition.FAILED, Condition.SUSPECT, Condition.UNKNOWN)
    }
    well = total - sum(counts.values())
    worst = (
        f": {troubles[0]}".replace("|", "/").replace("\n", " ") if troubles and level is not Level.OK else ""
    )
    figures = (
        f"failed={counts[Condition.FAILED]};;0;0;{total} suspect={counts[Condition.SUSPECT]};0;;0;{total} "
        f"unknown={counts[Condition.UNKNOWN]};;;0;{total}"
    )
    return f"EC2KIT {level.name} - {well} of {total}{worst} | {figures}"


def summary(watched: Sequence[Watched]) -> str:
    """Given what was looked at, return it in one line: `4 watched: 3 healthy, 1 suspect`."""
    counts = [
        f"{count} {condition}"
        for condition in Condition
        if (count := sum(each.judgement.condition is condition for each in watched))
    ]
    return f"{len(watched)} watched: {', '.join(counts)}" if watched else "nothing is enrolled"


def recover_exit(healed: Iterable[Healed], *, sick: bool) -> Exit:
    """Given how it went with each machine, return the exit code; one for which there was nothing to do counts for none.

    All alike is that code, some is PARTIAL, a monitor that cannot tell is REFUSED.
    """
    codes = {each.exit for each in healed if each.result != "nothing"}
    if sick:
        codes.add(Exit.REFUSED)
    if not codes:
        return Exit.DONE
    return codes.pop() if len(codes) == 1 else Exit.PARTIAL


def healed_lines(healed: Healed, judgement: Judgement, held: str) -> Iterator[str]:
    """Given a machine that was recovered, yield what happened, what was done, what was lost, and how long it took.

    `held` says which address it has, empty without one.
    """
    yield f"{healed.name} ({healed.id}) was recovered: {healed.why}"
    yield f"  failed: {'; '.join(judgement.reasons)}"
    took = f" in {format_duration(healed.ended - healed.began)}" if healed.began and healed.ended else ""
    yield f"  done{took}: {', '.join(healed.moves)}"
    yield f"  lost: {healed.lost or 'nothing, the disks are the same'}"
    if held:
        yield f"  address: {held}"
    if healed.left:
        yield f"  not moved: {', '.join(healed.left)}, a second address: it stays with {healed.id}"
    if healed.successor:
        yield f"  kept: {healed.id} with its disks, in quarantine until `ec2kit recovery retire {healed.id}`"
        yield f"  next: `ec2kit snapshot create {healed.name}`: the replacement has no set of its own yet"


def trouble_of(healed: Healed) -> Trouble | None:
    """Given how it went with a machine, return what is wrong with it now, if anything."""
    name = f"{healed.name} ({healed.id})" if healed.name != healed.id else healed.id
    if healed.result in ("failed", "blocked"):
        given_up = healed.result == "failed" or healed.hint.startswith(ACK)
        what = "was not recovered" if given_up else "failed and is not recovered"
        reasons = (healed.why, *_done_so_far(healed))
        kind = "" if given_up else " ".join(healed.why.split()[:2])
        return Trouble(healed.id, name, what, Level.CRITICAL, reasons, healed.hint, kind)
    if healed.result == "busy":
        return Trouble(healed.id, name, "is being recovered", Level.WARNING, (healed.why,), quiet=True)
    return None


def _done_so_far(healed: Healed) -> tuple[str, ...]:
    return (f"done before that: {', '.join(healed.moves)}",) if healed.moves else ()


def ladder(seen: Seen, policy: Policy) -> tuple[str, ...]:
    """Given what was seen and the policy, return what may follow the first move, depending on what AWS then shows."""
    if not policy.last.reaches(Rung.RESTART):
        return ()
    harder, reply = format_duration(policy.step), format_duration(policy.restart)
    steps = (
        f"stop it until it reads `stopped`, harder every {harder}; a stop that stays stuck waits for a person",
        f"start it again: new host, same disks, nothing lost; {reply} for a reply",
    )
    if not policy.last.reaches(Rung.REPLACE):
        return (*steps, f"then give up: it is protected up to '{policy.last}'")
    if isinstance(seen.source, NoCandidate):
        return (*steps, f"then give up: nothing good to start a replacement from: {seen.source.reason}")
    chosen, reply = seen.source.set, format_duration(policy.replace)
    age = format_duration(seen.at - chosen.taken)
    return (
        *steps,
        f"quarantine it, keep its disks, launch a replacement from {chosen.name}; {reply} for a reply",
        f"  lost would be what was written in the {age} since",
        "move its Elastic IP to the replacement, if it has one, and verify; a second one stays where it is",
    )
