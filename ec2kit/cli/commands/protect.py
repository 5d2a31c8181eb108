"""`ec2kit protect`: enrol a machine, with its first snapshot set, a probe, and the cron lines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import click

from ec2kit.cli.commands.monitoring import EXCEPT, monitor_of
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.plan import Plan
from ec2kit.errors import UsageError
from ec2kit.fleet.standing import called
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.instances import Address, Instance
from ec2kit.model.tags import CHECK, PROTECT
from ec2kit.probes.application import probes_of
from ec2kit.probes.words import HINT, ProbeWord, parse_check
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.probing import answering, silent
from ec2kit.recovery.protect import Candidate, cron_lines, enrolment, off_plan, promise, protect_plan
from ec2kit.recovery.watch import Monitor, policy_or_watch
from ec2kit.screen.reports import Happened
from ec2kit.snapshots.create import Subject
from ec2kit.snapshots.observe import sets_of
from ec2kit.snapshots.observe import subjects as machines_of


@changes
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
@EXCEPT
@click.option(
    "--last",
    type=click.Choice([str(rung) for rung in Rung]),
    help="how far recovery may go [default: replace]",
)
@click.option("--check", "check", metavar="PROBE…", help="what it answers on: 'http:80/health banner:22'")
@click.option("--off", is_flag=True, help="end the enrolment; its history stays")
@click.option("--no-snapshot", "bare", is_flag=True, help="without a first snapshot set")
def protect(
    context: Context,
    selectors: tuple[str, ...],
    excluded: tuple[str, ...],
    last: str | None,
    check: str | None,
    off: bool,
    bare: bool,
) -> None:
    """Have instances looked after: enrol them, take a first snapshot set, find a probe, print the cron lines.

    Without --check it asks the machine itself what it answers on: a web page on 80 or 443, a banner on 22. --last
    names the last rung of recovery that may be used for it: watch (only told), reboot, restart (same disks), root,
    replace (a new machine from its newest snapshot set).

    \b
    ec2kit protect web-1
    ec2kit protect db-1 --last restart --check 'banner:22 http:8080/health'
    ec2kit protect web-1 --off
    """
    words = context.expand(selectors)
    aws = context.aws()
    if off:
        if last or check or bare:
            raise UsageError("--off goes with nothing else", hint="ec2kit protect NAME --off")
        context.carry_out(lambda: off_plan(select(aws, parse(words, excluded))))
        return
    probes = parse_check(check) if check is not None else None
    if probes == ():
        raise UsageError("--check names no probe", hint=HINT)
    rung = Rung(last) if last else None
    context.announce()
    monitor = monitor_of(context, aws, context.state)
    seen: list[Candidate] = []

    def plan() -> Plan:
        found = select(aws, parse(words, excluded))
        first = {} if bare else _first_sets(context, found)
        held = _addresses(context, found)
        seen.extend(
            replace(_candidate(context, monitor, each, probes, first.get(each.id)), addresses=held[each.id])
            for each in found
        )
        dressed = [_with_enrolment(each, rung) for each in seen]
        return protect_plan(dressed, rung, aws.now())

    carried = context.carry_out(plan)
    refused = {each.resource for each in carried.plan.refused}
    failed = {item.id for item in carried.items if item.result in (Happened.FAILED, Happened.SKIPPED)}
    enrolled = [
        each
        for each in seen
        if each.instance.id not in failed and not refused & {each.instance.name, called(each.instance)}
    ]
    if enrolled:
        _tell(context, enrolled, rung)


def _first_sets(context: Context, found: Sequence[Instance]) -> dict[str, Subject]:
    """What to take a first set of: the machines without a good set that is young enough, or under way."""
    aws = context.aws()
    now = aws.now()
    young = {
        each.of
        for each in sets_of(aws, [instance.id for instance in found])
        if not each.bad
        and all(snapshot.state != "error" for snapshot in each.snapshots)
        and now - each.taken <= Policy().max_age
    }
    wanting = [instance for instance in found if instance.id not in young and not instance.state.is_gone]
    return {subject.machine.instance.id: subject for subject in machines_of(aws, wanting)}


def _addresses(context: Context, found: Sequence[Instance]) -> dict[str, tuple[Address, ...]]:
    """The Elastic IPs that each of them has, in one call."""
    wanted = {str(each.id): each for each in found if each.public_ip}
    held = [each for each in context.aws().addresses.describe() if each.instance in wanted] if wanted else []
    return {each.id: tuple(one for one in held if one.instance == each.id) for each in found}


def _candidate(
    context: Context,
    monitor: Monitor,
    instance: Instance,
    typed: tuple[ProbeWord, ...] | None,
    first: Subject | None,
) -> Candidate:
    """The machine with its probes: those typed, those it has, those it answers on, those that a person names."""
    if typed is not None:
        notes = tuple(f"{instance.name}: {why}" for why in silent(monitor.probe, instance, typed))
        return Candidate(instance, typed, first, notes)
    if instance.tags.get(CHECK):
        return Candidate(instance, None, first)
    found = answering(monitor.probe, instance)
    if not found and not context.options.dry_run and context.surroundings.ask is not None:
        answer = context.surroundings.ask(
            f"{instance.name} answers neither on 80, 443 nor 22: what does it answer on? "
            "(http:8080/health, banner:25, or nothing) "
        )
        found = parse_check(answer)
    notes = () if found else (f"{instance.name}: nothing answers on 80, 443 or 22: add a probe with --check",)
    return Candidate(instance, found or None, first, notes)


def _with_enrolment(candidate: Candidate, rung: Rung | None) -> Candidate:
    """The first set must describe the machine as enrolled, or what is launched from it would not be."""
    first = candidate.first_set
    if first is None:
        return candidate
    tags = {**candidate.instance.tags, **enrolment(candidate.instance, candidate.probes, rung)}
    machine = replace(first.machine, instance=replace(first.machine.instance, tags=tags))
    return replace(candidate, first_set=replace(first, machine=machine))


def _tell(context: Context, enrolled: Sequence[Candidate], rung: Rung | None) -> None:
    """The promise of each kind of machine, and the cron lines."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for each in enrolled:
        policy, _ = policy_or_watch(each.instance)
        probes = each.probes if each.probes is not None else probes_of(each.instance)
        wanted = Rung(enrolment(each.instance, None, rung)[PROTECT])
        kinds.setdefault(promise(replace(policy, last=wanted), probes), []).append(each.instance.name)
    for lines, names in kinds.items():
        context.say(f"{', '.join(names)}:")
        for line in lines:
            context.say(f"  {line}")
    context.say("these lines in `crontab -e` keep that promise:")
    for line in cron_lines(_program(context), _where(context), [each.instance.name for each in enrolled]):
        context.say(f"  {line}")


def _program(context: Context) -> str:
    """The full path, because cron's PATH is short: as a shell finds it, or in an environment that no PATH names."""
    found = shutil.which("ec2kit", path=context.surroundings.environ.get("PATH", ""))
    return found or context.surroundings.program or "ec2kit"


def _where(context: Context) -> list[str]:
    place = [f"--region={context.aws().region}"]
    if context.aws().sandbox and context.sandbox:
        return [f"--sandbox={context.sandbox}", *place]
    profile = context.setting("profile")
    return [*([f"--profile={profile.text}"] if profile else []), *place]
