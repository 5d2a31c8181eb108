"""Enrolling: the plan, what it promises, and the cron lines that keep the promise. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.errors import UsageError
from ec2kit.fleet.standing import called, quarantine_refusal, recovery_refusal, state_refusal, subjects
from ec2kit.model.instances import Address, Instance, is_second
from ec2kit.model.periods import format_duration
from ec2kit.model.tags import CHECK, HOLDER, POLICY, PROTECT, STATE
from ec2kit.probes.words import ProbeWord, format_check
from ec2kit.recovery.enrolled import SET_ASIDE
from ec2kit.recovery.policy import Policy, Rung, policy_of
from ec2kit.snapshots.create import Subject, set_steps, why_not

SAMPLING = timedelta(minutes=1)
"""How often the cron lines look."""
SNAPSHOTS = timedelta(hours=4)
"""How often the cron lines take a set, and so what a replacement loses at most."""


@dataclass(frozen=True)
class Candidate:
    """A machine to enrol: the probes to write (None leaves what is there), what its first set is taken of, and the
    Elastic IPs that it has."""

    instance: Instance
    probes: tuple[ProbeWord, ...] | None = None
    first_set: Subject | None = None
    notes: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()


def protect_plan(candidates: Sequence[Candidate], last: Rung | None, now: datetime) -> Plan:
    """Given machines and the last rung allowed (None leaves what is there), return the plan that enrols them."""
    names = subjects(candidate.instance for candidate in candidates)
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    notes: list[str] = []
    for candidate in candidates:
        instance = candidate.instance
        if refusal := _refusal(instance, last):
            refused.append(refusal)
            continue
        made = list(_steps(candidate, last, names[instance.id], now))
        steps += made
        notes += (*candidate.notes, *_second_addresses(candidate, last))
        if not made:
            unchanged.append((called(instance), "it is enrolled already, and has a snapshot set"))
    return Plan(tuple(steps), tuple(refused), tuple(unchanged), "", tuple(notes))


def off_plan(instances: Sequence[Instance]) -> Plan:
    """Given machines, return the plan that ends their enrolment; what happened to them stays written on them."""
    names = subjects(instances)
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    for instance in instances:
        if PROTECT not in instance.tags:
            unchanged.append((called(instance), "it is not enrolled"))
        elif refusal := recovery_refusal(instance):
            refused.append(refusal)
        else:
            before = {str(instance.id): {PROTECT: instance.tags[PROTECT]}}
            step = DeleteTags((instance.id,), (PROTECT,), before)
            steps.append(
                Planned(
                    f"{instance.id}/off",
                    step,
                    reason="nobody looks after it any more",
                    subject=names[instance.id],
                )
            )
    return Plan(tuple(steps), tuple(refused), tuple(unchanged))


def enrolment(instance: Instance, probes: tuple[ProbeWord, ...] | None, last: Rung | None) -> dict[str, str]:
    """Given a machine and what is wanted of it, return the enrolment tags that it should carry."""
    rung = last or instance.tags.get(PROTECT) or Rung.REPLACE
    tags = {PROTECT: str(rung)}
    if probes:
        tags[CHECK] = format_check(probes)
    return tags


def _refusal(instance: Instance, last: Rung | None) -> Refusal | None:
    if refusal := quarantine_refusal(instance) or recovery_refusal(instance):
        return refusal
    if instance.state.is_gone:
        return state_refusal(instance)
    if instance.tags.get(STATE) in SET_ASIDE:
        return Refusal(
            "recovery", called(instance), f"it is a {instance.tags[STATE]}, not a machine of its own"
        )
    if POLICY in instance.tags:
        try:
            policy_of({**instance.tags, PROTECT: last or Rung.REPLACE})
        except UsageError as error:
            hint = f" ({error.hint})" if error.hint else ""
            return Refusal("policy", called(instance), f"its {POLICY} cannot be read: {error.message}{hint}")
    acts = (last or Rung.REPLACE).reaches(Rung.RESTART)
    if instance.autoscaling_group and acts:
        why = f"its Auto Scaling group {instance.autoscaling_group} replaces it: only --last watch"
        return Refusal("Auto Scaling", called(instance), why)
    if instance.root_device_type != "ebs" and acts:
        why = "its root disk is an instance store, which does not survive a stop: only --last reboot or watch"
        return Refusal("instance store", called(instance), why)
    return None


def _steps(candidate: Candidate, last: Rung | None, subject: str, now: datetime) -> Iterator[Planned]:
    instance = candidate.instance
    wanted = enrolment(instance, candidate.probes, last)
    if any(instance.tags.get(key) != value for key, value in wanted.items()):
        before = {str(instance.id): {key: instance.tags[key] for key in wanted if key in instance.tags}}
        enrol = SetTags((instance.id,), wanted, before)
        yield Planned(f"{instance.id}/enrol", enrol, reason="looked after from now on", subject=subject)
    for address in candidate.addresses:
        if HOLDER not in address.tags:
            # One that was given in the console: when AWS terminates the machine, nothing else tells whose it was.
            mark = SetTags((address.allocation,), {HOLDER: instance.id}, {address.allocation: {}})
            why = f"so that {address.public_ip} comes back with it"
            yield Planned(f"{instance.id}/holder-{address.public_ip}", mark, reason=why, subject=subject)
    if candidate.first_set is not None and not why_not(candidate.first_set.machine):
        for planned in set_steps(candidate.first_set, now):
            yield Planned(planned.key, planned.step, planned.needs, planned.reason, subject)


def _second_addresses(candidate: Candidate, last: Rung | None) -> Iterator[str]:
    """A replacement gets one address: say now which ones it would not get."""
    instance = candidate.instance
    rung = last or instance.tags.get(PROTECT) or Rung.REPLACE
    second = [each.public_ip for each in candidate.addresses if is_second(each, instance)]
    if second and rung == Rung.REPLACE:
        yield f"{instance.name}: not restored on a replacement: {', '.join(second)}, a second address, would stay"


def promise(policy: Policy, probes: Sequence[ProbeWord]) -> tuple[str, ...]:
    """Given a machine's policy and probes, return what enrolling it promises, and what it does not, in sentences.

    Noticed: the time that trouble must last, and one interval of looking. After that the rungs' own times bound
    it: they are limits, not what it usually takes.
    """
    seen = policy.over + SAMPLING
    bad, every = format_duration(policy.over), format_duration(SAMPLING)
    lines = [
        f"a failure is noticed about {format_duration(seen)} after it shows (bad for {bad}, looked at every {every})"
    ]
    if not policy.last.reaches(Rung.RESTART):
        lines.append(f"up to '{policy.last}': it is told, and the machine is not touched")
    else:
        back = format_duration(seen + policy.restart)
        lines.append(f"then restarted with the same disks: back within about {back}, nothing lost")
    if policy.last.reaches(Rung.REPLACE):
        back = format_duration(seen + policy.restart + policy.replace)
        lost = format_duration(SNAPSHOTS)
        lines.append(
            "if that does not help, replaced from its newest snapshot set: "
            f"back within about {back}, losing at most what was written in {lost}"
        )
    return (*lines, *_limits(probes))


def _limits(probes: Sequence[ProbeWord]) -> Iterator[str]:
    kinds = {probe.kind for probe in probes}
    if not kinds:
        yield "no probe: only what EC2's own checks see is noticed; add one with --check http:80/"
    elif len(kinds) == 1:
        yield (
            "one kind of probe: one kind of evidence alone never recovers a machine that EC2's checks call well; "
            "add a second one, such as banner:22"
        )


def cron_lines(program: str, options: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Given the program's full path, the options that say where (region, profile), and the machines' names, return
    the lines for `crontab -e`. They are silent while all is well, so that cron mails only what somebody must read."""
    where = [word.replace("%", r"\%") for word in options]
    command = shlex.quote(program)
    machines = [word.replace("%", r"\%") for word in names]
    hours = int(SNAPSHOTS.total_seconds() // 3600)
    return (
        f"* * * * * {command} check {shlex.join(where)}".rstrip(),
        f"* * * * * {command} recover all {shlex.join(where)}".rstrip(),
        f"7 */{hours} * * * {command} snapshot create {shlex.join([*machines, *where])} >/dev/null",
    )
