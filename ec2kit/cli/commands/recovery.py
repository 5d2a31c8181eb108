"""`ec2kit recovery status`, `pause`, `resume`, `ack` and `retire`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands.monitoring import EXCEPT, Named, monitor_of, named, set_aside
from ec2kit.cli.commands.priced import reckoned
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes, reads
from ec2kit.cli.state import State
from ec2kit.costs.standing import Rates, instance_cost
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.instance import TerminateInstance
from ec2kit.errors import UsageError
from ec2kit.fleet.power.billed import after_retiring
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance
from ec2kit.model.periods import parse_duration
from ec2kit.model.tags import PROTECT, REPLACED_BY, REPLACES
from ec2kit.model.tags import STATE as STATE_TAG
from ec2kit.recovery.holding import (
    Halves,
    ack_plan,
    pause_all_plan,
    pause_plan,
    resume_all_plan,
    resume_plan,
)
from ec2kit.recovery.holds import PAUSE_PARAMETER, Hold
from ec2kit.recovery.objections import Scene, calm_after
from ec2kit.recovery.retire import Retiring, retire_plan
from ec2kit.recovery.status import Aside, Standing, asides, standings, vanished
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Watch, watch
from ec2kit.screen.amounts import after_lines
from ec2kit.screen.recovery import STANDING_COLUMNS
from ec2kit.snapshots.observe import sets_of

SELECTORS = click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
MAYBE = click.argument("selectors", nargs=-1, metavar="[SELECTOR]…")


@reads
@MAYBE
@EXCEPT
def status(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """Show every enrolled machine: its verdict, what holds recovery back, its last set; and what is quarantined.

    Looks once, as check does. `blocked` is what would keep a recovery from beginning now.

    \b
    ec2kit recovery status
    ec2kit recovery status web-1 -o json
    """
    words = context.expand(selectors)
    rows: list[Standing] = []
    for aws in context.everywhere():
        monitor = monitor_of(context, aws, State.at(context, aws))
        meant = named(monitor, words, excluded)
        look = watch(monitor, meant.extra)
        scene = Scene(look, calm_after(monitor.evidence, look, monitor.brake), monitor.ours)
        for line in _of_all(scene):
            context.say(line)
        chosen = [each for each in look.machines if meant.has(each.instance.id)]
        sets = sets_of(aws, _lineage(each.instance for each in chosen))
        rows += standings(chosen, scene, sets, look.at)
        rows += asides(_halves(context, aws, meant))
        rows += vanished(look.vanished) if meant.ids is None else ()
    context.show(STANDING_COLUMNS, rows)
    if not rows and not words:
        context.say("nothing is enrolled: `ec2kit protect NAME` has a machine looked after")


@changes
@MAYBE
@EXCEPT
@click.option(
    "--all", "everything", is_flag=True, help="for all machines, by a parameter that everybody reads"
)
@click.option(
    "--for", "how_long", metavar="TIME", default="2h", show_default=True, help="until when: 30m, 2h, 1d"
)
@click.option("--reason", metavar="WORDS", required=True, help="why, for whoever finds it")
def pause(
    context: Context,
    selectors: tuple[str, ...],
    excluded: tuple[str, ...],
    everything: bool,
    how_long: str,
    reason: str,
) -> None:
    """Keep automatic recovery away for a while: from machines, or with --all from everything.

    It ends by itself. A recovery in flight goes on, and a person's own recover overrides it.

    \b
    ec2kit recovery pause web-1 --for 2h --reason 'kernel upgrade'
    ec2kit recovery pause --all --for 30m --reason 'network maintenance'
    """
    words = _words(context, selectors, everything)
    aws = context.aws()
    lasts = parse_duration(how_long)

    def plan() -> Plan:
        if everything:
            before = aws.parameters.get(PAUSE_PARAMETER)
            return pause_all_plan(Hold(context.state.who, reason, aws.now() + lasts), before)
        found = select(aws, parse(words, excluded))
        return pause_plan(found, Hold(context.state.who, reason, aws.now() + lasts))

    context.carry_out(plan)


@changes
@MAYBE
@EXCEPT
@click.option(
    "--all", "everything", is_flag=True, help="lift the pause for all; single machines' own pauses stay"
)
def resume(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...], everything: bool) -> None:
    """Lift a pause before its end.

    \b
    ec2kit recovery resume web-1
    ec2kit recovery resume --all
    """
    words = _words(context, selectors, everything)
    aws = context.aws()

    def plan() -> Plan:
        if everything:
            return resume_all_plan(aws.parameters.get(PAUSE_PARAMETER))
        return resume_plan(select(aws, parse(words, excluded)))

    context.carry_out(plan)


@changes
@SELECTORS
@EXCEPT
def ack(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    """Acknowledge that a recovery failed: the hard stop goes, and the machine is recovered again when it fails.

    With a replacement that lives, that one is the machine from now on; without one, the old machine is.

    \b
    ec2kit recovery ack web-1
    """
    words = context.expand(selectors)
    aws = context.aws()
    context.carry_out(lambda: ack_plan(_pairs(aws, select(aws, parse(words, excluded)))))


@changes
@SELECTORS
@EXCEPT
@click.option("--volumes", is_flag=True, help="delete its volumes too, which otherwise stay")
def retire(context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...], volumes: bool) -> None:
    """End a quarantine: terminate the old machine, once its replacement is well.

    Its volumes and snapshot sets stay, and stay billed, unless --volumes.

    \b
    ec2kit recovery retire web-1.failed-1
    """
    words = context.expand(selectors)
    aws = context.aws()

    def plan() -> Plan:
        found = select(aws, parse(words, excluded))
        look = watch(monitor_of(context, aws, context.state), _heirs(aws, found))
        retiring = [_retiring(aws, each, look) for each in found]
        return _with_amounts(context, retire_plan(retiring, volumes=volumes), retiring, deleted=volumes)

    context.carry_out(plan)


def _with_amounts(context: Context, plan: Plan, retiring: list[Retiring], *, deleted: bool) -> Plan:
    """The plan with what ends to be billed and what goes on to be, in its notes."""
    ended = {each.step.instance for each in plan.steps if isinstance(each.step, TerminateInstance)}
    region = context.aws().region
    going = [(each.instance, each.volumes) for each in retiring if each.instance.id in ended]
    after = (
        reckoned(context, lambda rates: after_retiring(rates, region, going, deleted=deleted))
        if going
        else None
    )
    if after is None:
        return plan
    return replace(plan, notes=(*plan.notes, *after_lines(after.ends, after.stays, context.clock.now())))


def _words(context: Context, selectors: tuple[str, ...], everything: bool) -> tuple[str, ...]:
    words = context.expand(selectors)
    if bool(words) == everything:
        raise UsageError("name machines, or say --all", hint=f"{context.entry.typed} --help")
    return words


def _of_all(scene: Scene) -> Iterable[str]:
    """What holds for every machine."""
    look = scene.look
    if not look.control.well:
        yield f"the monitor is sick: {look.control.reason}"
    if look.pause:
        yield f"recovery is paused for all: {look.pause}"
    if look.storm:
        yield f"storm: {look.storm}: nothing is recovered automatically"
    elif scene.calming:
        yield f"storm: {scene.calming}"


def _lineage(instances: Iterable[Instance]) -> list[str]:
    """Whose sets count for the machines: their own, and those of the machines that they replaced."""
    found = [id for each in instances for id in (each.id, each.tags.get(REPLACES, "")) if id]
    return list(dict.fromkeys(map(str, found)))


def _halves(context: Context, aws: Aws, meant: Named) -> list[Aside]:
    """The halves that recoveries have set aside, with their volumes and what those cost."""
    halves = [each for each in set_aside(aws) if not each.state.is_gone and meant.has(each.id)]
    disks = [disk.volume for half in halves for disk in half.disks]
    volumes = aws.volumes.describe(disks) if disks else ()
    found = [Aside(half, tuple(each for each in volumes if each.instance == half.id)) for half in halves]

    def priced(rates: Rates) -> list[Aside]:
        return [
            replace(each, cost=instance_cost(rates, aws.region, each.instance, each.volumes))
            for each in found
        ]

    return (reckoned(context, priced) if found else None) or found


def _pairs(aws: Aws, found: Iterable[Instance]) -> list[Halves]:
    """Each machine as the pair that its failed recovery left, whichever half was named."""
    pairs: dict[str, Halves] = {}
    for each in found:
        olds = aws.instances.describe([InstanceId(each.tags[REPLACES])]) if REPLACES in each.tags else ()
        old = olds[0] if olds and olds[0].tags.get(STATE_TAG) == "quarantined" else each
        heirs = aws.instances.describe(filters={f"tag:{REPLACES}": [old.id]})
        newest = max(heirs, key=lambda heir: (not heir.state.is_gone, heir.launched), default=None)
        pairs[old.id] = Halves(old, newest)
    return list(pairs.values())


def _heirs(aws: Aws, found: Iterable[Instance]) -> list[Instance]:
    """The replacements that are not enrolled themselves, to be judged too."""
    ids = [InstanceId(each.tags[REPLACED_BY]) for each in found if REPLACED_BY in each.tags]
    return [each for each in (aws.instances.describe(ids) if ids else ()) if PROTECT not in each.tags]


def _retiring(aws: Aws, instance: Instance, look: Watch) -> Retiring:
    disks = [disk.volume for disk in instance.disks]
    return Retiring(
        instance,
        _heir(aws, instance, look),
        aws.volumes.describe(disks) if disks else (),
        protected=not instance.state.is_gone
        and aws.instances.protected(instance.id, "disableApiTermination"),
    )


def _heir(aws: Aws, instance: Instance, look: Watch) -> Watched | None:
    """Who has the machine's role now: its replacement, or whoever replaced that one since."""
    seen: set[str] = set()
    heir = instance.tags.get(REPLACED_BY, "")
    while heir and heir not in seen:
        seen.add(heir)
        if watched := look.of(heir):
            return watched
        found = aws.instances.describe([InstanceId(heir)])
        heir = found[0].tags.get(REPLACED_BY, "") if found else ""
    return None
