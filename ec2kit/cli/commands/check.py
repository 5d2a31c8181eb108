"""`ec2kit check`: look once, say what changed, and end as a monitoring plugin does."""

from __future__ import annotations

from dataclasses import dataclass

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands.monitoring import EXCEPT, job, monitor_of, named, set_aside
from ec2kit.cli.commands.unreached import UNREACHED, Memory
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.cli.state import State
from ec2kit.errors import CHECK_EXIT_MEANINGS, CheckExit, Ec2kitError, Exit, Interrupted, UsageError
from ec2kit.model.runs import EvidenceStore
from ec2kit.recovery.announce import WELL_AGAIN, announce, ended_of
from ec2kit.recovery.enrolled import forget
from ec2kit.recovery.report import plugin_line, summary
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import MONITOR, Level, Trouble, level_of, sick, troubles_of
from ec2kit.recovery.watch import Watch, watch
from ec2kit.screen.recovery import CHECK_COLUMNS, Checked

UNSURE = Exit(int(CheckExit.UNKNOWN))
"""What is no verdict ends with this."""


@dataclass(frozen=True)
class Found:
    """What one region's look came to; without `look` AWS could not be asked, without `aws` not even for regions."""

    aws: Aws | None
    troubles: tuple[Trouble, ...]
    machines: tuple[Watched, ...] = ()
    look: Watch | None = None
    evidence: EvidenceStore | None = None


LISTED = Found(None, ())
"""The regions could be listed: whoever was told that they could not hears of it."""


@reads
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]…")
@EXCEPT
@click.option("--plugin", is_flag=True, help="the one line that monitoring plugins print")
@click.option("-v", "--verbose", is_flag=True, help="show suspects too")
def check(
    context: Context, selectors: tuple[str, ...], excluded: tuple[str, ...], plugin: bool, verbose: bool
) -> None:
    """Look at every enrolled machine, or those named, and judge it. Changes nothing in AWS.

    From cron: silent while all is well or merely suspect; speaks when something changes, reminds hourly, and says
    when it has ended. At a terminal it always says what is wrong.

    \b
    ec2kit check
    ec2kit check role=web -v
    ec2kit check --plugin
    """
    words = context.expand(selectors)
    try:
        found = [_look(context, aws, words, excluded) for aws in context.everywhere()]
    except Interrupted:
        raise
    except Ec2kitError as error:
        if not (plugin or _of_the_monitor(error, words)):
            raise
        found = [Found(None, (sick(error.message, error.hint),))]
    troubles = tuple(trouble for each in found for trouble in each.troubles)
    context.exit_code = Exit(int(level_of(troubles)))
    if plugin:
        context.write(plugin_line([each for one in found for each in one.machines], troubles) + "\n")
    elif context.setting("output") or context.options.quiet:
        rows = [Checked(watched, one.aws.region) for one in found if one.aws for watched in one.machines]
        context.show(CHECK_COLUMNS, rows)
        for trouble in troubles:
            if trouble.level is Level.UNKNOWN:
                unknown = Ec2kitError(str(trouble), hint=trouble.hint)
                unknown.exit_code = UNSURE
                context.complain(unknown)
    elif context.surroundings.stdout_is_terminal:
        _tell_all(context, found)
    else:
        listed = [LISTED] if all(each.aws for each in found) else []
        for each in [*listed, *found]:
            _tell_changes(context, each, f"said/check/{job(words or ('all',), excluded)}/", verbose)


check.exit_codes = "Exit codes: " + " · ".join(
    f"{int(code)} {meaning}" for code, meaning in CHECK_EXIT_MEANINGS.items()
)
check.unsure = UNSURE


def _look(context: Context, aws: Aws, words: tuple[str, ...], excluded: tuple[str, ...]) -> Found:
    """One region. What AWS did not answer with is the monitor's trouble, and no machine's."""
    try:
        state = State.at(context, aws)
        monitor = monitor_of(context, aws, state)
    except (Interrupted, UsageError):
        raise
    except Ec2kitError as error:
        return Found(aws, (sick(error.message, error.hint),))
    try:
        meant = named(monitor, words, excluded)
        look = watch(monitor, meant.extra)
        aside = set_aside(aws)
    except Interrupted:
        raise
    except Ec2kitError as error:
        if not _of_the_monitor(error, words):
            raise
        return Found(aws, (sick(error.message, error.hint),), evidence=state.evidence)
    machines = tuple(each for each in look.machines if meant.has(each.instance.id))
    troubles = troubles_of(look, aside, meant.ids)
    return Found(aws, troubles, machines, look, state.evidence)


def _of_the_monitor(error: Ec2kitError, words: tuple[str, ...]) -> bool:
    """Whether it is told as the monitor's trouble: with machines named, it may also be about what was named."""
    return isinstance(error, UNREACHED) or not (words or isinstance(error, UsageError))


def _tell_changes(context: Context, found: Found, prefix: str, verbose: bool) -> None:
    """What cron mails: changes, an hourly reminder, the end. Jobs with other selectors remember for themselves."""
    store = found.evidence
    memory = Memory(context, prefix, found.aws, store)
    before = memory.recall()
    ended = ended_of(found.look, before) if found.look else {}
    if found is LISTED:
        ended = {MONITOR: WELL_AGAIN}
    said = announce(found.troubles, ended, before, found.look.at if found.look else context.clock.now())
    lines = list(said.lines)
    if verbose and found is not LISTED:
        lines += [str(trouble) for trouble in found.troubles if trouble.quiet]
        lines.append(summary(found.machines))
    context.write("".join(f"{line}\n" for line in lines))
    memory.keep(before, said.memory)
    if store:
        for trouble in found.troubles:
            if trouble.once:
                forget(store, trouble.key)


def _tell_all(context: Context, found: list[Found]) -> None:
    """What a person sees: everything that is wrong now, and the count. What cron was told is not touched."""
    for each in found:
        for trouble in each.troubles:
            context.write(f"{trouble}\n")
            if trouble.hint:
                context.write(f"  hint: {trouble.hint}\n")
        context.say(summary(each.machines))
