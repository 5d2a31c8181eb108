"""The plans of start, stop and reboot. Pure.

| state         | start     | stop      | reboot  |
|---------------|-----------|-----------|---------|
| pending       | unchanged | refused   | refused |
| running       | unchanged | stop      | reboot  |
| stopping      | refused   | stop      | refused |
| stopped       | start     | unchanged | refused |
| shutting-down | refused   | refused   | refused |
| terminated    | refused   | refused   | refused |

A stop of a stopping machine only waits for it. AWS refuses what is refused here (IncorrectInstanceState).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import Step
from ec2kit.engine.steps.instance import RebootInstance, StartInstance, StopInstance
from ec2kit.fleet.standing import (
    called,
    keep_refusal,
    quarantine_refusal,
    recovery_refusal,
    state_refusal,
    subjects,
)
from ec2kit.model.instances import Address, Instance, State

Rule = Callable[[Instance], Refusal | None]
SHOWN = 5
"""So many machines are told of one by one."""


@dataclass(frozen=True)
class Change:
    """One kind of power change: from which states it acts, which are as wanted already, which rules refuse."""

    verb: str
    step: Callable[[Instance], Step]
    acts: frozenset[State]
    already: frozenset[State]
    rules: tuple[Rule, ...]
    hints: tuple[tuple[State, str], ...] = ()


START = Change(
    "start",
    lambda instance: StartInstance(instance.id),
    frozenset({State.STOPPED}),
    frozenset({State.RUNNING, State.PENDING}),
    (recovery_refusal, quarantine_refusal),
    ((State.STOPPING, "`ec2kit wait INSTANCE --for stopped` comes first"),),
)
REBOOT = Change(
    "reboot",
    lambda instance: RebootInstance(instance.id),
    frozenset({State.RUNNING}),
    frozenset(),
    (recovery_refusal, quarantine_refusal),
    ((State.STOPPED, "`ec2kit start` starts it"),),
)


def start_plan(instances: Sequence[Instance]) -> Plan:
    """Given instances, return the plan that starts those that are stopped."""
    return _plan(START, instances)


def reboot_plan(instances: Sequence[Instance]) -> Plan:
    """Given instances, return the plan that reboots those that run."""
    return _plan(REBOOT, instances)


def stop_plan(
    instances: Sequence[Instance],
    protected: Iterable[str] = (),
    addresses: Sequence[Address] = (),
    *,
    force: bool = False,
) -> Plan:
    """Given instances, the ids of those with stop protection, and Elastic IPs, return the plan that stops them."""
    guarded = frozenset(protected)

    def protection(instance: Instance) -> Refusal | None:
        why = "its API stop protection is on"
        return Refusal("stop protection", called(instance), why) if instance.id in guarded else None

    change = Change(
        "stop",
        lambda instance: StopInstance(instance.id, force=force),
        frozenset({State.RUNNING, State.STOPPING}),
        frozenset({State.STOPPED}),
        (recovery_refusal, keep_refusal, protection, _instance_store),
        ((State.PENDING, "`ec2kit wait INSTANCE --for running` comes first"),),
    )
    plan = _plan(change, instances)
    stopping = {planned.step.target() for planned in plan.steps}
    holders = {address.instance for address in addresses}
    losing = [each for each in instances if each.id in stopping and each.public_ip and each.id not in holders]
    return Plan(plan.steps, plan.refused, plan.unchanged, plan.why_empty, tuple(_lost_addresses(losing)))


def _lost_addresses(losing: Sequence[Instance]) -> Iterator[str]:
    """A line for each, and one for all where they would hide the plan."""
    rule = "only an Elastic IP stays with a stopped machine"
    if len(losing) > SHOWN:
        yield f"the public addresses of {len(losing)} machines go: {rule}"
    else:
        yield from (f"the public address {each.public_ip} of {each.name} goes: {rule}" for each in losing)


def _plan(change: Change, instances: Sequence[Instance]) -> Plan:
    names = subjects(instances)
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    hints = dict(change.hints)
    for instance in instances:
        refusal = next((found for rule in change.rules if (found := rule(instance))), None)
        if instance.state in change.already:
            unchanged.append((called(instance), f"it is {instance.state} already"))
        elif instance.state not in change.acts:
            refused.append(state_refusal(instance, hints.get(instance.state, "")))
        elif refusal:
            refused.append(refusal)
        else:
            steps.append(
                Planned(f"{change.verb}/{instance.id}", change.step(instance), subject=names[instance.id])
            )
    why = "" if steps else f"no selected machine is there to {change.verb}"
    return Plan(tuple(steps), tuple(refused), tuple(unchanged), why)


def _instance_store(instance: Instance) -> Refusal | None:
    """Instance-store machines cannot stop: their disks exist only while they run (EC2 user guide)."""
    if instance.root_device_type == "ebs":
        return None
    why = "its root disk is an instance store, which cannot be stopped, only terminated"
    return Refusal("instance store", called(instance), why)
