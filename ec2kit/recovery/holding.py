"""The plans by which people hold recovery back and let it go again: pause, resume, acknowledge. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.parameter import DeleteParameter, PutParameter
from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.fleet.standing import called, subjects
from ec2kit.inventory.standing import being_recovered
from ec2kit.model.instances import Instance
from ec2kit.model.tags import HOLD_FAILED, HOLD_PAUSE, NAME, PROTECT, STATE
from ec2kit.recovery.failures import failure_of
from ec2kit.recovery.holds import PAUSE_PARAMETER, Hold, format_hold


def pause_plan(instances: Sequence[Instance], hold: Hold) -> Plan:
    """Given machines and a hold, return the plan that pauses them; a recovery in flight goes on."""
    names = subjects(instances)
    text = format_hold(hold)
    refused = [
        Refusal("enrolment", called(each), f"it is not enrolled: `ec2kit protect {each.name}`")
        for each in instances
        if PROTECT not in each.tags
    ]
    steps = [
        Planned(
            f"{each.id}/pause",
            SetTags((each.id,), {HOLD_PAUSE: text}, _before(each, HOLD_PAUSE)),
            reason=hold.reason,
            subject=names[each.id],
        )
        for each in instances
        if PROTECT in each.tags
    ]
    notes = [
        f"{each.name} is being recovered: that goes on" for each in instances if being_recovered(each.tags)
    ]
    return Plan(tuple(steps), tuple(refused), notes=tuple(notes))


def pause_all_plan(hold: Hold, before: str | None) -> Plan:
    """Given a hold and the parameter's value, return the plan that pauses recovery for everybody."""
    step = PutParameter(PAUSE_PARAMETER, format_hold(hold), before)
    return Plan((Planned("pause-all", step, reason=hold.reason, subject="all"),))


def resume_plan(instances: Sequence[Instance]) -> Plan:
    """Given machines, return the plan that lifts their own pauses."""
    names = subjects(instances)
    paused = [each for each in instances if HOLD_PAUSE in each.tags]
    steps = [
        Planned(
            f"{each.id}/resume",
            DeleteTags((each.id,), (HOLD_PAUSE,), _before(each, HOLD_PAUSE)),
            subject=names[each.id],
        )
        for each in paused
    ]
    unchanged = [(called(each), "it is not paused") for each in instances if each not in paused]
    return Plan(tuple(steps), unchanged=tuple(unchanged))


def resume_all_plan(before: str | None) -> Plan:
    """Given the parameter's value, return the plan that lifts the pause for all; single machines' pauses stay."""
    if before is None:
        return Plan(unchanged=(("all", "recovery is not paused for all"),))
    step = DeleteParameter(PAUSE_PARAMETER, before)
    return Plan((Planned("resume-all", step, subject="all"),), notes=(f"lifts: {before}",))


@dataclass(frozen=True)
class Halves:
    """A machine whose recovery failed: the old half, and the replacement as far as there is one."""

    old: Instance
    successor: Instance | None = None


def ack_plan(pairs: Sequence[Halves]) -> Plan:
    """Given machines whose recovery failed, return the plan that lets them be recovered again.

    | the replacement     | what becomes of the halves                                                 |
    |---------------------|----------------------------------------------------------------------------|
    | lives               | it is the machine from now on, and watched; the old one stays quarantined  |
    | is stopped          | a person decides: only the holds go                                        |
    | is gone, or none    | the old one is the machine again, as a recovery left it: the next one goes on |
    """
    steps: list[Planned] = []
    unchanged: list[tuple[str, str]] = []
    notes: list[str] = []
    for pair in pairs:
        halves = [pair.old, *([pair.successor] if pair.successor else [])]
        held = [half for half in halves if HOLD_FAILED in half.tags]
        if not held:
            unchanged.append((called(pair.old), "no recovery of it failed"))
            continue
        made = list(_ack(pair, held))
        steps += made
        notes += _ack_notes(pair)
    return Plan(tuple(steps), unchanged=tuple(unchanged), notes=tuple(notes))


def _ack(pair: Halves, held: Sequence[Instance]) -> Iterator[Planned]:
    """The states first, the holds last: cut in between, the machine is still held."""
    subject, last = _role(pair.old), ""
    if pair.successor is not None and not pair.successor.state.is_gone:
        if _lives(pair.successor) and STATE in pair.successor.tags:
            last = f"{pair.successor.id}/watched"
            step = DeleteTags((pair.successor.id,), (STATE,), _before(pair.successor, STATE))
            yield Planned(last, step, reason="it is the machine from now on", subject=subject)
    elif pair.old.tags.get(STATE) == "quarantined":
        last = f"{pair.old.id}/back"
        tags = {STATE: "fencing", NAME: subject}
        back = SetTags((pair.old.id,), tags, _before(pair.old, STATE, NAME))
        yield Planned(last, back, reason="it has no replacement, so it is the machine again", subject=subject)
    for half in held:
        yield Planned(
            f"{half.id}/ack",
            DeleteTags((half.id,), (HOLD_FAILED,), _before(half, HOLD_FAILED)),
            (last,) if last else (),
            "a person has looked at it",
            subject,
        )


def _ack_notes(pair: Halves) -> Iterator[str]:
    if pair.successor is None or pair.successor.state.is_gone:
        yield f"{_role(pair.old)} is recovered again as soon as it is judged failed"
    elif _lives(pair.successor):
        yield f"{pair.successor.name} ({pair.successor.id}) is watched from now on; {pair.old.id} stays in quarantine"
    else:
        yield (
            f"the replacement {pair.successor.id} is {pair.successor.state}: start or terminate it; "
            f"nobody watches either half until then"
        )


def _lives(instance: Instance) -> bool:
    return instance.state.value in ("pending", "running")


def _role(old: Instance) -> str:
    failure = failure_of(old.tags)
    return old.name.removesuffix(f".failed-{failure.number}") if failure else old.name


def _before(instance: Instance, *keys: str) -> dict[str, dict[str, str]]:
    return {instance.id: {key: instance.tags[key] for key in keys if key in instance.tags}}
