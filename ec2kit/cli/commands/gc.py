"""`ec2kit gc`: remove what was made for a while only, once that while is over, and what runs given up have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes
from ec2kit.engine.codec import decode_plan
from ec2kit.engine.plan import Plan, combine
from ec2kit.engine.runs import Runs
from ec2kit.engine.steps.blocks import UploadSnapshot
from ec2kit.errors import Ec2kitError
from ec2kit.images.bundles.leftovers import clean_plan as bundles_plan
from ec2kit.images.bundles.leftovers import unfinished_bundles
from ec2kit.images.unfinished import DIRECT, sweep_plan, unfinished_uploads
from ec2kit.inventory.expired import observe_expiring, plan_removal
from ec2kit.model.runs import RunState
from ec2kit.snapshots.leftovers import clean_plan, leftovers
from ec2kit.snapshots.observe import all_sets, images_using

RUNS = 1000
"""How far back runs are looked at: `gc` in cron meets what is given up long before so many others were begun."""


@changes
def gc(context: Context) -> None:
    """Remove instances, images, snapshots, volumes and addresses whose `ec2kit:expires` tag has passed, and what runs
    given up (`resume --abandon`) have left: sets that can never become complete, uploads that became no image, bundles
    without a manifest. On this machine, without asking: disks, roots and work directories that killed commands left
    half made, and what is whole and nobody went on with for a day.

    Nothing else is ever touched, nor what is protected by `ec2kit:keep` or still used by something that stays.

    \b
    ec2kit gc --dry-run
    """
    tidied = _tidy_here(context)
    aws = context.aws()

    def plan() -> Plan:
        found = _plan(context, aws)
        return replace(found, why_empty=f"in AWS {found.why_empty}") if tidied else found

    context.carry_out(plan)


def _tidy_here(context: Context) -> bool:
    """What killed commands have left on this machine, of whatever account; whether there was anything.

    The journals of one state directory tell who wants what is whole. With a state directory of one's own and the
    common cache they do not tell all, so what is whole stays.
    """
    from ec2kit.costs.usage.database import KIND as USAGE
    from ec2kit.host.clock import wall_seconds
    from ec2kit.host.paths import cache_directory
    from ec2kit.images import leftovers as here
    from ec2kit.images.leftovers import Surroundings

    cache = cache_directory(context.surroundings.environ)
    around = Surroundings(
        cache / "images", frozenset(_wanted_files(context)), wall_seconds(), ((USAGE, cache),)
    )
    known = knows_all(context.surroundings.environ, state_named=context.setting("state_dir") is not None)
    found = [each for each in here.leftovers(around) if known or each.why != here.UNUSED]
    for each in found:
        told = f"{each.path} ({each.size_bytes >> 20} MiB): {each.why}"
        if context.options.dry_run:
            context.say(f"would remove {told}")
        elif each.remove():
            context.say(f"removed {told}")
    return bool(found)


def knows_all(environ: Mapping[str, str], *, state_named: bool) -> bool:
    """Whether the journals of the state directory tell of every run that uses the cache: not when only the first of the
    two is a place of one's own."""
    return not state_named or bool(environ.get("EC2KIT_CACHE_DIR"))


def _wanted_files(context: Context) -> Iterator[Path]:
    """The disks that unfinished runs upload from, in the journals of all accounts and regions here."""
    from ec2kit.host.journal import SqliteJournal

    for path in sorted(context.state_directory.rglob("journal.sqlite")):
        runs = Runs(SqliteJournal(path, path.parent / "locks"), context.clock)
        for run in runs.journal.runs(limit=RUNS):
            if runs.is_unfinished(run):
                plan = decode_plan(run.plan)
                yield from (
                    Path(each.step.path) for each in plan.steps if isinstance(each.step, UploadSnapshot)
                )


def _plan(context: Context, aws: Aws) -> Plan:
    """What has expired, and what else was left behind: a snapshot that is both goes once."""
    expired = plan_removal(observe_expiring(aws), aws.now())
    given_up = context.state.runs.was_given_up
    broken = clean_plan(leftovers(all_sets(aws), given_up, aws.now()))
    direct = aws.snapshots.describe(filters={"volume-id": [DIRECT]})
    used = {id for image in images_using(aws, [each.id for each in direct]) for id in image.snapshots}
    vain = sweep_plan(unfinished_uploads(direct, used, given_up))
    bundles = bundles_plan(unfinished_bundles(aws, _given_up(context)))
    going = {planned.step.target() for planned in expired.steps}
    left = [
        replace(plan, steps=tuple(each for each in plan.steps if each.step.target() not in going))
        for plan in (broken, vain, bundles)
    ]
    return combine(expired, *left)


def _given_up(context: Context) -> Iterator[Plan]:
    """The plans of the runs of this account and region that were given up; what an older ec2kit planned is left out."""
    for run in context.state.journal.runs(limit=RUNS):
        if run.state is RunState.ABANDONED:
            with suppress(Ec2kitError):
                yield decode_plan(run.plan)
