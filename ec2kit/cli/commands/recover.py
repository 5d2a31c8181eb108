"""`ec2kit recover`: judge, and heal what has failed, each machine under its own lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands import by_hand
from ec2kit.cli.commands.live import watch_live
from ec2kit.cli.commands.monitoring import EXCEPT, Named, monitor_of, named, set_aside
from ec2kit.cli.commands.recovered import report, report_sick
from ec2kit.cli.commands.rehearsing import rehearse
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.consent import confirm
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.session import Session
from ec2kit.errors import UsageError
from ec2kit.model.ids import RunId
from ec2kit.model.instances import Instance
from ec2kit.model.tags import HOLD_FAILED, HOLD_PAUSE, PROTECT
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.heal import Healed, Healer
from ec2kit.recovery.healing import heal_all
from ec2kit.recovery.holds import active_holds, parse_hold
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.objections import Scene, allot, calm_after, objections
from ec2kit.recovery.observe import Context as Case
from ec2kit.recovery.report import ACK
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import given_up
from ec2kit.recovery.watch import Monitor, policy_or_watch, watch

NOT_WELL = (Condition.STARTING, Condition.SUSPECT, Condition.UNJUDGEABLE)
"""What a machine may be judged after its recovery failed, without being well."""


@changes
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…|all")
@EXCEPT
@click.option(
    "--live/--no-live", default=None, help="take the samples of suspects now [default: at a terminal]"
)
@click.option("--ignore-storm", is_flag=True, help="although much is sick at once")
@click.option("--to", metavar="ZONE", help="with --fenced-by-hand: the zone to go to")
@click.option("--fenced-by-hand", is_flag=True, help="you answer for it that the zone named is gone")
@click.option(
    "--confirm", "counted", type=int, metavar="N", help="with --fenced-by-hand: how many machines it has"
)
def recover(
    context: Context,
    selectors: tuple[str, ...],
    excluded: tuple[str, ...],
    live: bool | None,
    ignore_storm: bool,
    to: str | None,
    fenced_by_hand: bool,
    counted: int | None,
) -> None:
    """Judge enrolled machines and bring back those that failed: restart, then replace from the newest set.

    `all` are all that are enrolled; it is what cron runs. Only what is judged failed is touched. A machine that is
    named without being enrolled is asked about first.

    \b
    ec2kit recover all
    ec2kit recover web-1
    ec2kit recover web-1 --dry-run
    ec2kit recover az:eu-west-1a --to eu-west-1b --fenced-by-hand
    """
    words = context.expand(selectors)
    aws = context.aws()
    by_cron = words == ("all",) and not context.surroundings.stdout_is_terminal
    if not fenced_by_hand and (to or counted is not None):
        raise UsageError("--to and --confirm go with --fenced-by-hand", hint="ec2kit recover --help")
    try:
        monitor = monitor_of(context, aws, context.state)
        if fenced_by_hand:
            _by_hand(context, monitor, words, to, counted)
            return
        meant = named(monitor, words, excluded)
        if not by_cron:
            context.announce()
        look = watch_live(context, monitor, meant, wanted=_samples_live(context, live))
    except UNREACHED as error:
        if not by_cron:
            raise
        report_sick(context, aws, error.message, context.clock.now(), excluded, quiet=True)
        return
    if not look.control.well:
        report_sick(context, aws, look.control.reason, look.at, excluded, quiet=by_cron)
        return
    scene = Scene(
        look,
        calm_after(monitor.evidence, look, monitor.brake),
        monitor.ours,
        ignore_storm,
        a_person=meant.ids is not None and context.surroundings.ask is not None,
    )
    chosen = [each for each in look.machines if meant.has(each.instance.id)]
    cases = _cases(monitor, scene, chosen)
    if context.options.dry_run:
        rehearse(context, monitor, chosen, cases)
        return
    _ask(context, [each.instance for each in chosen if _touches(each)])
    healed = [
        *heal_all(_healer(context, monitor), cases, _at_once(context, monitor)),
        *(_given_up(each) for each in _waiting(aws, chosen) if meant.has(each.id)),
    ]
    report(context, monitor, look, meant, healed, excluded, people=not by_cron)


def _by_hand(
    context: Context, monitor: Monitor, words: tuple[str, ...], to: str | None, counted: int | None
) -> None:
    """A person says that a zone is gone: its machines' replacements go elsewhere, without waiting for a fence."""
    gone = by_hand.zone_in(words)
    refuge = by_hand.destination(context, gone, to)
    look = watch(monitor)
    lost = by_hand.lost_with(monitor, look, gone)
    if not lost:
        context.say(f"nothing to do: no enrolled machine is known to be in {gone}")
        return
    cases = by_hand.cases(look, monitor, lost, refuge)
    if context.options.dry_run:
        rehearse(context, monitor, lost, cases)
        return
    by_hand.have_counted(context, gone, refuge, lost, counted)
    healed = heal_all(_healer(context, monitor), cases, _at_once(context, monitor))
    report(context, monitor, look, Named(frozenset(case.id for case in cases)), healed, people=True)


def _samples_live(context: Context, typed: bool | None) -> bool:
    return context.surroundings.stdout_is_terminal if typed is None else typed


def _touches(watched: Watched) -> bool:
    return watched.judgement.condition is Condition.FAILED


def _cases(monitor: Monitor, scene: Scene, chosen: Sequence[Watched]) -> list[Case]:
    """What heals needs of each failed machine, those under way first, since they count for the caps already."""
    failed = sorted(filter(_touches, chosen), key=lambda each: not _under_way(each.instance))
    capped = allot(failed, scene.look.machines, monitor.brake, scene.look.at)
    return [
        Case(
            watched.instance.id,
            policy_or_watch(watched.instance)[0],
            watched.judgement,
            (
                *objections(watched.instance, scene),
                *([capped[watched.instance.id]] if watched.instance.id in capped else []),
            ),
            _role(watched.instance),
            frozenset({HOLD_PAUSE}) if scene.a_person else frozenset(),
        )
        for watched in failed
    ]


def _under_way(instance: Instance) -> bool:
    failure = failure_of(instance.tags)
    return failure is not None and failure.course is Course.RECOVERING


def _role(instance: Instance) -> str:
    """The machine's name, also when its old half carries another one already."""
    failure = failure_of(instance.tags)
    return instance.name.removesuffix(f".failed-{failure.number}") if failure else instance.name


def _waiting(aws: Aws, chosen: Sequence[Watched]) -> Iterator[Instance]:
    """Machines whose recovery failed, that are not well, and that no heal is tried for."""
    yield from given_up(set_aside(aws))
    for each in chosen:
        if HOLD_FAILED in each.instance.tags and each.judgement.condition in NOT_WELL:
            yield each.instance


def _given_up(old: Instance) -> Healed:
    """A recovery that failed: a person has to look, and say so."""
    why = f"held: {parse_hold(old.tags[HOLD_FAILED])}"
    return Healed(old.id, _role(old), "blocked", why, f"{ACK} {old.id}")


def _ask(context: Context, failed: Sequence[Instance]) -> None:
    """Enrolment is consent; a machine without it, and a pause that is overridden, are a person's to know."""
    strangers = [each for each in failed if PROTECT not in each.tags and not _under_way(each)]
    if strangers:
        names = ", ".join(f"{each.name} ({each.id})" for each in strangers)
        confirm(
            context,
            f"recover in {context.place}: {names} is not enrolled\n"
            "it would be stopped and started, and replaced if that does not help: go ahead? [y/N] ",
        )
    if context.surroundings.ask is not None:
        for each in failed:
            pause = active_holds(each.tags, context.aws().now()).get(HOLD_PAUSE)
            if pause is not None:
                context.say(f"{each.name} is paused, which your command overrides: {pause}")


def _at_once(context: Context, monitor: Monitor) -> int:
    return 1 if context.surroundings.workers == 1 else monitor.brake.at_once


def _healer(context: Context, monitor: Monitor) -> Healer:
    state = context.state

    def session(run: str, guard: Callable[[], None]) -> Session:
        return Session(
            monitor.aws,
            state.journal,
            RunId(run),
            context.clock,
            workers=context.surroundings.workers,
            guard=guard,
            stop=context.clock.stop,
        )

    def tell(line: str) -> None:
        if context.surroundings.stderr_is_terminal or context.surroundings.stdout_is_terminal:
            context.say(line)

    return Healer(monitor, state.runs, state.leases, context.clock, state.command(context), session, tell)
