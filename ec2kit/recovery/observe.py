"""What a tick of one recovery sees: the old half, its successor, its address, its sets, and whether they reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ec2kit.aws import Aws
from ec2kit.errors import Ec2kitError, NotFound, Refused
from ec2kit.fleet.restore import Source, template_ref
from ec2kit.inventory.description import spec_from_tags
from ec2kit.model.evidence import Sample, Verdict
from ec2kit.model.ids import InstanceId, SubnetId, Zone
from ec2kit.model.instances import Address, Instance, InstanceStatus, State, is_second
from ec2kit.model.tags import HOLDER, LAUNCH, REPLACES, RUN
from ec2kit.probes.control import control
from ec2kit.recovery.candidates import NoCandidate, choose
from ec2kit.recovery.failures import Course, failure_of, next_number, recovery_run
from ec2kit.recovery.holds import active_holds
from ec2kit.recovery.judge import Condition, Evidence, Judgement, got_reply, judge
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.seen import NOT_LOOKED_AT, Health, Seen
from ec2kit.recovery.watch import Monitor, in_the_dark, keep, kept
from ec2kit.snapshots.observe import sets_of
from ec2kit.snapshots.sets import SnapshotSet

ANCESTORS = 5
"""How many predecessors' sets are looked through: a machine replaced twice in a day has none of its own yet."""


@dataclass(frozen=True)
class Context:
    """What is known of the machine from the look at the whole fleet, and what forbids to begin."""

    id: InstanceId
    policy: Policy
    judgement: Judgement
    objections: tuple[str, ...] = ()
    name: str = ""
    overridden: frozenset[str] = frozenset()
    """Holds that a person's command overrides."""
    by_hand: Zone | None = None
    """The zone to go to, when a person says that the machine's own is gone and it with it."""


def observe(monitor: Monitor, context: Context) -> Seen:
    """Look at one machine and at everything that its next move depends on.

    Raises `NotFound` when AWS no longer shows the instance, and whatever AWS did not answer with.
    """
    aws = monitor.aws
    halves = aws.instances.describe(filters={f"tag:{REPLACES}": [context.id]})
    old = _old_half(aws, context.id)
    ours = f"{recovery_run(context.id, next_number(old.tags))}/"
    # Of this failure only: an earlier one's replacement that ended stays visible for an hour.
    successor = _newest(
        [half for half in halves if half.id != old.id and half.tags.get(RUN, "").startswith(ours)]
    )
    shown = [half for half in (old, successor) if half is not None and half.zone]
    running = [half for half in shown if half.state is State.RUNNING]
    statuses = (
        {status.id: status for status in aws.instances.statuses([half.id for half in running])}
        if running
        else {}
    )
    now = aws.now()
    samples = monitor.probe.sample(running, now)
    _be_well(monitor, samples)
    keep(monitor.evidence, samples)
    status = statuses.get(old.id)
    address, left = _addresses(aws, old, successor) if successor else (None, ())
    return Seen(
        at=now,
        old=old,
        judgement=_fresh(monitor, context, old, status, now),
        health=_health(old.id, status, samples),
        failure=failure_of(old.tags),
        holds={
            key: hold for key, hold in active_holds(old.tags, now).items() if key not in context.overridden
        },
        objections=context.objections,
        events=status.events if status else (),
        successor=successor,
        successor_health=_health(successor.id, statuses.get(successor.id), samples)
        if successor
        else Health(None, False),
        address=address,
        left=left,
        by_hand=context.by_hand,
        refuge=_refuge(aws, old, context),
        source=_source(aws, old, context.policy, now)
        if context.by_hand or _wants_source(old, successor, context.policy, now)
        else NOT_LOOKED_AT,
    )


def _old_half(aws: Aws, id: InstanceId) -> Instance:
    """The instance, or what its tags tell of it while its zone is disturbed; raises `NotFound`."""
    found = aws.instances.told([id])
    if found.dark:
        return in_the_dark(id, aws.tags.of([id])[id])
    if not found.instances:
        raise NotFound(f"instance '{id}' is no longer shown by AWS", resource=id)
    return found.instances[0]


def _refuge(aws: Aws, old: Instance, context: Context) -> SubnetId:
    """The subnet with the most free addresses in the zone that a person chose, in the machine's VPC if known."""
    failure = failure_of(old.tags)
    zone = context.by_hand or (failure.to if failure else None)
    if zone is None:
        return SubnetId("")
    known = aws.network.subnets({"availability-zone": [zone]})
    homes = (
        {subnet.vpc for subnet in aws.network.subnets({"subnet-id": [old.subnet]})} if old.subnet else set()
    )
    fitting = [subnet for subnet in known if subnet.vpc in homes or (not homes and subnet.default_for_zone)]
    return max(fitting, key=lambda subnet: (subnet.free_addresses, subnet.id)).id if fitting else SubnetId("")


def _wants_source(old: Instance, successor: Instance | None, policy: Policy, now: datetime) -> bool:
    """Whether the next move may start, or refuse to start, a replacement: only then are the sets asked for."""
    failure = failure_of(old.tags)
    if failure is None or failure.course is not Course.RECOVERING or old.state is State.TERMINATED:
        return True
    if failure.rung is Rung.REPLACE:
        return successor is None
    return now - (failure.since or now) > policy.restart


def _be_well(monitor: Monitor, samples: Sequence[Sample]) -> None:
    """Raises `Refused` when nobody replies because of us: a recovery must not climb its ladder in the dark."""
    if any(sample.verdict is Verdict.BAD for sample in samples):
        well = control(monitor.probe.dialer, monitor.control_url)
        if not well.well:
            raise Refused(f"the monitor is sick: {well.reason}", hint="the recovery goes on when it is well")


def _fresh(
    monitor: Monitor, context: Context, old: Instance, status: InstanceStatus | None, now: datetime
) -> Judgement:
    """The verdict by what was just seen too: a reply, an order or a reboot since the look at the fleet counts."""
    if context.judgement.condition is Condition.UNKNOWN:
        return context.judgement
    samples = kept(monitor.evidence, old.id, now - context.policy.window)
    return judge(Evidence(old, status, samples), context.policy, now)


def _newest(instances: Sequence[Instance]) -> Instance | None:
    """The successor: a living one before one that has ended."""
    return max(instances, key=lambda each: (not each.state.is_gone, each.launched), default=None)


def _health(id: str, status: InstanceStatus | None, samples: Sequence[Sample]) -> Health:
    told = [each for each in samples if each.machine == id and each.verdict is not Verdict.UNKNOWN]
    asked = any(each.machine == id for each in samples)
    checks = (status.system, status.instance) if status else ()
    passed = bool(checks) and all(check.status == "ok" for check in checks)
    passed = passed and (status is None or status.ebs.status in ("ok", "not-applicable"))
    replies = any(each.verdict is Verdict.GOOD for each in told) if asked else None
    return Health(replies, passed, any(got_reply(each) for each in told))


def _addresses(aws: Aws, old: Instance, successor: Instance) -> tuple[Address | None, tuple[Address, ...]]:
    """The address that belongs to the machine, by the tag that says who should have it, or because it has it; and
    those of its secondary addresses and interfaces, which a replacement does not have."""
    halves: list[str] = [old.id, successor.id]
    tagged = aws.addresses.describe({f"tag:{HOLDER}": halves})
    held = () if tagged else aws.addresses.describe({"instance-id": halves})
    found = sorted(tagged or held, key=lambda each: (each.instance != successor.id, each.allocation))
    second = [each for each in found if each.instance == old.id and is_second(each, old)]
    first = next((each for each in found if each not in second), None) or next(iter(second), None)
    return first, tuple(each for each in found if each != first and each.instance != successor.id)


def _source(aws: Aws, old: Instance, policy: Policy, now: datetime) -> Source | NoCandidate:
    """The set to start a replacement from, with its description read; or why there is none."""
    return source_of(sets_of(aws, _lineage(aws, old)), policy, now)


def source_of(sets: Sequence[SnapshotSet], policy: Policy, now: datetime) -> Source | NoCandidate:
    """Given a machine's sets, return the one to start from with its description, or why there is none."""
    chosen = choose(sets, policy.max_age, now)
    if isinstance(chosen, NoCandidate):
        return chosen
    tags = chosen.snapshots[0].tags
    try:
        spec = spec_from_tags(tags)
    except Ec2kitError as error:
        return NoCandidate(error.message)
    template = template_ref(tags.get(LAUNCH, ""))
    if spec is None or template is None:
        return NoCandidate(f"the set '{chosen.name}' carries no description of the machine")
    if spec.billing_code:
        return NoCandidate("its image carries a billing code, which an image made from snapshots would lose")
    return Source(chosen, spec, template)


def _lineage(aws: Aws, old: Instance) -> list[str]:
    """The instance and those that it, and they, replaced."""
    ids = [str(old.id)]
    before = old.tags.get(REPLACES, "")
    while before and before not in ids and len(ids) <= ANCESTORS:
        ids.append(before)
        found = aws.instances.told([before]).instances
        before = found[0].tags.get(REPLACES, "") if found else ""
    return ids
