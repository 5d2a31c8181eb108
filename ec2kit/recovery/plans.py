"""The plan of each move: pure. Keys are fixed words, so that two monitors' client tokens are the same.

Within a plan the order is the safety: tags that say what is going on are written before the call that they
explain, and a machine is confirmed off before anything takes over from it.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

from ec2kit.aws.requests import Place
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.address import AssociateAddress
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.instance import StartInstance, StopInstance
from ec2kit.engine.steps.keep import KeepVolume
from ec2kit.engine.steps.snapshot import CreateSnapshotSet
from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.fleet.restore import Source, Target, restore_steps
from ec2kit.inventory.description import role_tags
from ec2kit.model.ids import InstanceId, InstanceType, SubnetId, Zone
from ec2kit.model.instances import Address, State
from ec2kit.model.periods import compact_time
from ec2kit.model.tags import (
    BAD,
    CONSISTENCY,
    FAILURE,
    HOLD_COOLDOWN,
    HOLD_FAILED,
    HOLDER,
    NAME,
    OF,
    REPLACED_BY,
    REPLACES,
    SET,
    STATE,
    VOLUMES,
)
from ec2kit.recovery.failures import Course, Failure, next_number
from ec2kit.recovery.holds import Hold, back_off, format_hold
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.seen import Seen


def begin(seen: Seen, rung: Rung, now: datetime, to: Zone | None = None) -> Plan:
    """Write down that this failure is being recovered, and that a stop from now on is ours; with `to`, that a person
    fenced it by hand."""
    failure = Failure(next_number(seen.old.tags), Course.RECOVERING, rung, now, to)
    tags = {FAILURE: str(failure), STATE: "fencing"}
    key, why = (
        ("begin/by-hand", "a person says that its zone is gone") if to else ("begin", str(seen.judgement))
    )
    return _plan(seen, Planned(key, SetTags((seen.old.id,), tags), reason=why))


def stop(seen: Seen, rung: Rung, stage: int, policy: Policy) -> Plan:
    """Stop it: plainly, then by force, then by cutting the power; each has `policy.step` to be seen stopped.

    What was started again since, by whomever, is stopped again: under its first key the journal would call that done.
    """
    step = StopInstance(
        seen.old.id,
        force=stage >= 1,
        skip_os_shutdown=stage >= 2,
        within=policy.step,
    )
    why = "nobody takes over from a machine that may run"
    return _plan(seen, Planned(stop_key(seen, rung, stage), step, reason=why))


def stop_key(seen: Seen, rung: Rung, stage: int) -> str:
    """The key of a way of stopping: what was started again since has keys of its own."""
    word = ("stop", "force", "cut")[stage]
    since = seen.failure.since if seen.failure else None
    again = f"-{compact_time(seen.old.launched)}" if since and seen.old.launched > since else ""
    return f"{rung}/{word}{again}"


def stop_again(seen: Seen, policy: Policy) -> Plan:
    """Stop the old half that we started while another monitor, unseen, replaced it."""
    step = StopInstance(seen.old.id, within=policy.step)
    return _plan(seen, Planned("fence-again/stop", step, reason="its replacement runs already"))


def quarantine_again(seen: Seen) -> Plan:
    """Put back the mark of the old half that another monitor replaced while ours was held up."""
    free = Planned("quarantine-again/free", DeleteTags((seen.old.id,), (HOLD_COOLDOWN,)))
    mark = SetTags((seen.old.id,), {STATE: "quarantined"})
    why = "the old half must never come back as the machine"
    return _plan(seen, free, Planned("quarantine-again/mark", mark, (free.key,), why))


def start(seen: Seen) -> Plan:
    """Start the same instance again."""
    return _plan(seen, Planned("restart/start", StartInstance(seen.old.id), reason="same disks, new host"))


def call_off(seen: Seen, failure: Failure, now: datetime) -> Plan:
    """Write down that the machine replied before it was stopped: nothing was done to it, nor is for some minutes."""
    unmark = Planned("call-off/unmark", DeleteTags((seen.old.id,), (STATE,)))
    hold = back_off(seen.old.tags, f"failure {failure.number} was called off", now)
    over = {FAILURE: str(Failure(failure.number, Course.DONE)), HOLD_COOLDOWN: format_hold(hold)}
    return _plan(seen, unmark, Planned("call-off/done", SetTags((seen.old.id,), over), (unmark.key,)))


def escalate(seen: Seen, failure: Failure, now: datetime) -> Plan:
    """Write down that recovery is on the replace rung now."""
    tags = {FAILURE: str(Failure(failure.number, Course.RECOVERING, Rung.REPLACE, now)), STATE: "fencing"}
    return _plan(seen, Planned("escalate", SetTags((seen.old.id,), tags), reason="the restart did not help"))


def replace(seen: Seen, source: Source, failure: Failure) -> Plan:
    """Quarantine the old half, keep its disks and a last set of them, and launch from the good set.

    The launch does not depend on the last set: disks that cannot be read any more must not keep the machine down.
    Until it is verified the replacement is a `twin`, which nobody watches or recovers.
    """
    old, name = seen.old, role_name(seen, failure)
    quarantine = Planned(
        "replace/quarantine",
        SetTags((old.id,), {STATE: "quarantined", NAME: retired_name(name, failure)}),
        reason="the old half must never come back as the machine",
    )
    keeps = [
        Planned(
            f"replace/keep{disk.device}",
            KeepVolume(old.id, disk.device),
            (quarantine.key,),
            "nothing is deleted",
        )
        for disk in old.disks
        if disk.delete_on_termination and old.state is State.STOPPED
    ]
    last = [_last_set(seen, failure, quarantine.key)] if old.disks and old.state is State.STOPPED else []
    target = Target(
        image_name=f"ec2kit-recover-{old.id}-{failure.number}",
        # As the machine is tagged now, enrolment too: the set's description is as old as the set.
        tags={**role_tags(old.tags), NAME: name, REPLACES: old.id, STATE: "twin"},
        places=(_place(seen, failure, source),),
        image_tags={OF: old.id},
        subject=name,
        # A tag that was taken off since (a host name given to another machine) does not come back with the disks.
        leave=frozenset(source.spec.tags) if old.tags else frozenset(),
    )
    launch = restore_steps(source, target, (quarantine.key,), "replace/")
    link = Planned(
        "replace/link",
        SetTags((old.id,), {REPLACED_BY: later("replace/instance", "instance_id")}),
        ("replace/instance",),
        "so that the old half tells who took over",
    )
    return _plan(seen, quarantine, *keeps, *last, *launch, link)


def _place(seen: Seen, failure: Failure, source: Source) -> Place:
    """Where the machine was, or where a person said; a type that AWS does not tell is the description's."""
    if failure.to:
        return Place(InstanceType(seen.old.type), seen.refuge, failure.to)
    return Place(InstanceType(seen.old.type), SubnetId(source.spec.subnet), Zone(source.spec.zone))


def retired_name(name: str, failure: Failure) -> str:
    """What the old half is called from its quarantine on."""
    return f"{name}.failed-{failure.number}"


def role_name(seen: Seen, failure: Failure) -> str:
    """What the machine is called, also when its old half was renamed before a kill."""
    return seen.old.name.removesuffix(retired_name("", failure))


def _last_set(seen: Seen, failure: Failure, after: str) -> Planned:
    """A set of the disks as the failure left them: kept for a person, never a candidate."""
    old, role = seen.old, role_name(seen, failure)
    name = f"{role}@failure-{failure.number}"
    tags = {
        SET: name,
        OF: old.id,
        VOLUMES: str(len(old.disks)),
        CONSISTENCY: "crash",
        BAD: f"taken after failure {failure.number}",
    }
    step = CreateSnapshotSet(
        instance=old.id,
        set=name,
        volumes=len(old.disks),
        description=f"{role} as failure {failure.number} left it",
        tags=tags,
        await_completion=False,
    )
    return Planned("replace/last-set", step, (after,), "what was written since the last set is not lost")


def take_address(seen: Seen, address: Address, successor: InstanceId) -> Plan:
    """Move the address to the replacement, from the fenced machine only, and write down who should have it."""
    holder = Planned(
        "address/holder", SetTags((address.allocation,), {HOLDER: successor}), reason="who should have it"
    )
    move = Planned(
        # The key names what is left behind, so that the move is made again if the address goes astray.
        f"address/move-{address.association or 'free'}",
        AssociateAddress(
            address.allocation, successor, expected_holder=address.instance, public_ip=address.public_ip
        ),
        (holder.key,),
        "the service is reached by this address",
    )
    return _plan(seen, holder, move)


def finish_restart(seen: Seen, failure: Failure, policy: Policy, now: datetime) -> Plan:
    """Write down that the machine is back; another recovery of it waits for the cool-down. The failure's own mark
    is the last to change: until then a tick finds its way back here."""
    unmark = Planned("finish/unmark", DeleteTags((seen.old.id,), (STATE,)), reason="a stop is no longer ours")
    done = SetTags((seen.old.id,), _done(failure, policy, now))
    return _plan(seen, unmark, Planned("finish/done", done, (unmark.key,), "the recovery is verified"))


def finish_replace(
    seen: Seen, successor: InstanceId, failure: Failure, policy: Policy, now: datetime
) -> Plan:
    """Write down on both halves that the failure is over. The old half's mark is the last to go: until then a tick
    finds its way back here, and a replacement that nobody watches is never left behind."""
    new = Planned(
        "finish/new", SetTags((successor,), _done(failure, policy, now)), reason="the recovery is verified"
    )
    watched = Planned(
        "finish/watched", DeleteTags((successor,), (STATE,)), (new.key,), "it is the machine from now on"
    )
    # Quarantined once more: a monitor that was held up may have written `fencing` over it.
    done = {
        FAILURE: str(Failure(failure.number, Course.DONE)),
        REPLACED_BY: successor,
        STATE: "quarantined",
    }
    old = Planned("finish/old", SetTags((seen.old.id,), done), (watched.key,))
    return _plan(seen, new, watched, old)


def _done(failure: Failure, policy: Policy, now: datetime) -> dict[str, str]:
    hold = Hold("ec2kit", f"failure {failure.number} was recovered", now + policy.cool_down)
    return {FAILURE: str(Failure(failure.number, Course.DONE)), HOLD_COOLDOWN: format_hold(hold)}


def give_up(seen: Seen, failure: Failure, reason: str) -> Plan:
    """Write the hard stop, with its time: nothing more is done for this machine until a person acknowledges."""
    hold = format_hold(Hold("ec2kit", f"recovery {failure.number} failed: {reason}"))
    over = Failure(failure.number, Course.FAILED, failure.rung, seen.at)
    tags: dict[str, str] = {HOLD_FAILED: hold, FAILURE: str(over)}
    halves = (seen.old.id, seen.successor.id) if seen.successor else (seen.old.id,)
    return _plan(seen, *(Planned(f"give-up/{id}", SetTags((id,), tags), reason=reason) for id in halves))


def _plan(seen: Seen, *steps: Planned) -> Plan:
    return Plan(tuple(dataclasses.replace(step, subject=step.subject or seen.old.name) for step in steps))
