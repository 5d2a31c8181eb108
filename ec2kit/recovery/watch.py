"""One look at everything that is enrolled: describe, probe, keep the samples, judge. Changes nothing in AWS.

Three to five describing calls for a thousand machines. What was sampled while the control probe failed is kept as
unknown, so that a sick monitor's samples never count later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain

from ec2kit.aws import Aws
from ec2kit.errors import UsageError
from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.ids import ImageId, InstanceId, InstanceType, Zone
from ec2kit.model.instances import Address, Instance, InstanceStatus, State
from ec2kit.model.runs import EvidenceRow, EvidenceStore
from ec2kit.model.tags import HOLDER, PROTECT, REPLACES, Tags
from ec2kit.probes.application import ApplicationProbe
from ec2kit.probes.control import Control, control
from ec2kit.probes.ec2 import state_samples, status_samples
from ec2kit.recovery.enrolled import Vanished, forget, is_enrolled, missing, remember
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.holds import PAUSE_PARAMETER, Hold, parse_hold
from ec2kit.recovery.judge import Condition, Evidence, Judgement, judge
from ec2kit.recovery.policy import Brake, Policy, policy_of
from ec2kit.recovery.storm import Watched, storm

BY_ID = 400
"""Up to so many machines their checks are asked by id, 100 a call; beyond, all of the region's, 1,000 a call."""


UNTOLD = Judgement(Condition.UNKNOWN, ("AWS does not tell of it now: its zone is disturbed",))
"""The verdict on a machine of a zone that is disturbed: not told is not dead."""


@dataclass(frozen=True)
class Monitor:
    """What watching needs: AWS, the ring of samples, the probe, a host that is known to be good, and who we are."""

    aws: Aws
    evidence: EvidenceStore
    probe: ApplicationProbe
    control_url: str
    ours: InstanceId | None = None
    brake: Brake = field(default_factory=Brake)


@dataclass(frozen=True)
class Astray:
    """An address that should be at a machine and is not: somebody moved it, or let it go."""

    public_ip: str
    machine: Instance
    holder: str
    """Who has it; empty when nobody has."""
    stayed: str = ""
    """The allocation of a second address that stayed with the machine's predecessor."""


@dataclass(frozen=True)
class Watch:
    """What one look found."""

    at: datetime
    machines: tuple[Watched, ...]
    statuses: dict[InstanceId, InstanceStatus]
    samples: dict[InstanceId, tuple[Sample, ...]]
    control: Control
    storm: str = ""
    pause: Hold | None = None
    vanished: tuple[Vanished, ...] = ()
    astray: tuple[Astray, ...] = ()

    def of(self, id: str) -> Watched | None:
        """The machine with this id, if it was looked at."""
        return next((watched for watched in self.machines if watched.instance.id == id), None)


def watch(monitor: Monitor, extra: Sequence[Instance] = ()) -> Watch:
    """Look once at everything enrolled, and at `extra` machines that a person named though they are not.

    Raises the `Ec2kitError` with which AWS did not answer: that is no evidence of anybody's death.
    """
    found = monitor.aws.instances.reachable(PROTECT)
    told = monitor.aws.tags.of(found.dark) if found.dark else {}
    tagged = (*found.instances, *(in_the_dark(id, told[id]) for id in found.dark))
    enrolled = tuple({each.id: each for each in chain(filter(is_enrolled, tagged), extra)}.values())
    vanished = _vanished(monitor, tagged)
    shown = [each for each in enrolled if each.id not in found.dark]
    statuses = _statuses(monitor.aws, [each.id for each in shown if each.state is State.RUNNING])
    now = monitor.aws.now()
    well, samples = _sampled(monitor, shown, statuses, now)
    machines = tuple(
        Watched(each, _judgement(each, statuses.get(each.id), samples[each.id], well, now)) for each in shown
    ) + tuple(Watched(each, _untold(each)) for each in enrolled if each.id in found.dark)
    _keep_memory(monitor.evidence, tagged, machines)
    return Watch(
        at=now,
        machines=machines,
        statuses=statuses,
        samples=samples,
        control=well,
        storm=storm([each for each in machines if is_enrolled(each.instance)], monitor.brake, now),
        pause=global_pause(monitor.aws, now),
        vanished=vanished,
        astray=astray(
            monitor.aws.addresses.describe({"tag-key": [HOLDER]}), [each.instance for each in machines]
        ),
    )


def _untold(instance: Instance) -> Judgement:
    """Not told is not dead, unless a person has vouched for it and its recovery goes on."""
    failure = failure_of(instance.tags)
    if failure and failure.to and failure.course is Course.RECOVERING:
        return Judgement(
            Condition.FAILED, (f"fenced by hand, and its recovery to {failure.to} is under way",)
        )
    return UNTOLD


def in_the_dark(id: str, tags: Tags) -> Instance:
    """An instance of which AWS tells nothing but its tags: its zone is disturbed."""
    unknown = datetime.fromtimestamp(0, UTC)
    return Instance(
        InstanceId(id), State.RUNNING, InstanceType(""), ImageId(""), Zone(""), unknown, dict(tags)
    )


def astray(addresses: Iterable[Address], machines: Iterable[Instance]) -> tuple[Astray, ...]:
    """Given the addresses that should be somewhere and the machines, return which are elsewhere. A machine whose
    recovery is under way is passed over: its address is on its way. What should still be at a machine's predecessor
    is a second address, which no recovery moves."""
    everything = tuple(machines)
    by_id: dict[str, Instance] = {each.tags[REPLACES]: each for each in everything if REPLACES in each.tags}
    by_id |= {each.id: each for each in everything}
    found: list[Astray] = []
    for address in addresses:
        holder = address.tags.get(HOLDER, "")
        machine = by_id.get(holder)
        if machine is None or address.instance == machine.id:
            continue
        failure = failure_of(machine.tags)
        if failure is None or failure.course is not Course.RECOVERING:
            at = address.instance or address.interface or ""
            stayed = address.allocation if holder != machine.id else ""
            found.append(Astray(address.public_ip, machine, at, stayed))
    return tuple(found)


def global_pause(aws: Aws, now: datetime) -> Hold | None:
    """The pause that holds for all machines, if there is one."""
    text = aws.parameters.get(PAUSE_PARAMETER)
    hold = parse_hold(text) if text is not None else None
    return hold if hold and hold.active(now) else None


def policy_or_watch(instance: Instance) -> tuple[Policy, str]:
    """The machine's policy; one whose tags cannot be read is judged by the built-in values, and the error told."""
    try:
        return policy_of(instance.tags) or Policy(), ""
    except UsageError as error:
        return Policy(), error.message


def _judgement(
    instance: Instance,
    status: InstanceStatus | None,
    samples: tuple[Sample, ...],
    well: Control,
    now: datetime,
) -> Judgement:
    policy, trouble = policy_or_watch(instance)
    found = judge(Evidence(instance, status, samples, well.well, well.reason), policy, now)
    return (
        replace(found, reasons=(*found.reasons, f"its policy cannot be read: {trouble}"))
        if trouble
        else found
    )


def _statuses(aws: Aws, ids: Sequence[InstanceId]) -> dict[InstanceId, InstanceStatus]:
    if not ids:
        return {}
    found = aws.instances.statuses(ids) if len(ids) <= BY_ID else aws.instances.all_statuses()
    wanted = set(ids)
    return {status.id: status for status in found if status.id in wanted}


def _sampled(
    monitor: Monitor, machines: Sequence[Instance], statuses: dict[InstanceId, InstanceStatus], now: datetime
) -> tuple[Control, dict[InstanceId, tuple[Sample, ...]]]:
    """Take samples, keep them, and return each machine's samples of its policy's window."""
    well = control(monitor.probe.dialer, monitor.control_url)
    taken = monitor.probe.sample(machines, now)
    if well.well and any(sample.verdict is Verdict.BAD for sample in taken):
        # Again afterwards: our own network may have gone while we were asking.
        well = control(monitor.probe.dialer, monitor.control_url)
    if not well.well:
        taken = tuple(replace(s, verdict=Verdict.UNKNOWN) if s.verdict is Verdict.BAD else s for s in taken)
    by_id = {machine.id: machine for machine in machines}
    everything = [*taken, *status_samples(statuses.values(), now), *state_samples(by_id, now)]
    keep(monitor.evidence, everything)
    since = {machine.id: now - policy_or_watch(machine)[0].window for machine in machines}
    return well, {id: kept(monitor.evidence, id, start) for id, start in since.items()}


def keep(store: EvidenceStore, samples: Iterable[Sample]) -> None:
    """Keep samples in the ring."""
    store.add(EvidenceRow(s.machine, s.kind, s.at, s.verdict, s.reason, s.raw) for s in samples)


def kept(store: EvidenceStore, machine: str, since: datetime) -> tuple[Sample, ...]:
    """The machine's samples from `since` on."""
    return tuple(map(_sample, store.of(machine, since)))


def _sample(row: EvidenceRow) -> Sample:
    return Sample(
        InstanceId(row.machine), Kind(row.kind), row.at, Verdict(row.verdict), row.reason, str(row.raw or "")
    )


def _vanished(monitor: Monitor, tagged: Iterable[Instance]) -> tuple[Vanished, ...]:
    """Enrolled when last looked, and gone from AWS now. One that only lost its tag was enrolled out elsewhere."""
    unseen = missing(monitor.evidence, tagged)
    if not unseen:
        return ()
    still_there = {each.id for each in monitor.aws.instances.describe(unseen)}
    for id in still_there:
        forget(monitor.evidence, id)
    return tuple(Vanished(id, name) for id, name in unseen.items() if id not in still_there)


def _keep_memory(store: EvidenceStore, tagged: Sequence[Instance], machines: Sequence[Watched]) -> None:
    """Remember who is enrolled. Who was set aside, or ended by order, is not expected to be there the next time."""
    ended = {
        each.instance.id
        for each in machines
        if each.judgement.condition is Condition.WILLED and each.instance.state.is_gone
    }
    expected = [each for each in tagged if is_enrolled(each) and each.id not in ended]
    remember(store, expected)
    for instance in tagged:
        if instance not in expected:
            forget(store, instance.id)
