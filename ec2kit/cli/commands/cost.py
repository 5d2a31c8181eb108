"""`ec2kit cost`: this month so far, what drives it, and what it will come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands.priced import rates_of
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.cli.state import store_name
from ec2kit.costs.month.billing import Told, ask
from ec2kit.costs.month.keeping import holds, text_of, told_of
from ec2kit.costs.month.running import Fleet, by_what_runs
from ec2kit.costs.month.summary import Summary, by_the_bill
from ec2kit.errors import Ec2kitError, Unavailable
from ec2kit.host.files import atomic_write
from ec2kit.host.paths import cache_directory, store_directory
from ec2kit.model.periods import format_age
from ec2kit.screen.month import month_json, month_pairs, month_source

ANSWER = "cost-explorer.json"


@reads
@click.option("--fresh", is_flag=True, help="ask Cost Explorer again, whatever it said some hours ago")
@click.option(
    "--running", is_flag=True, help="by what runs now and the price table; Cost Explorer is not asked"
)
def cost(context: Context, fresh: bool, running: bool) -> None:
    """Show this month's cost so far, its five biggest drivers, and what the month will come to.

    By Cost Explorer, for the whole account, and for all of an organization when it is the one that pays. AWS charges
    0.01 USD for each request: three usually, and what it said is kept for six hours. Where there is no bill to be had
    (not allowed, not enabled, nothing yet), by what runs now.

    \b
    ec2kit cost
    ec2kit cost --running --region all
    """
    first = context.everywhere()[0]
    told = Told(context.clock.now()) if running else _told(context, first, fresh=fresh)
    if running or told.refusal:
        if told.refusal:
            context.say(f"no bill to be had, asked {_age(told, context.clock.now())}: {told.refusal}")
        found = _by_what_runs(context)
    else:
        found = by_the_bill(told)
    context.say(month_source(found, first.account, context.clock.now()))
    context.show_one(month_json(found, first.account), month_pairs(found))


def _told(context: Context, aws: Aws, *, fresh: bool) -> Told:
    """What Cost Explorer says, or said some hours ago."""
    account = aws.account
    cache = cache_directory(context.surroundings.environ)
    kept = store_directory(cache, store_name(aws), account, "costs") / ANSWER
    now = context.clock.now()
    known = None if fresh else _kept(kept)
    if known is not None and holds(known, now):
        return known
    explorer = aws.cost_explorer
    try:
        told = ask(explorer, now)
    except Unavailable as error:
        error.hint = f"{error.hint}; by what runs: `ec2kit cost --running`"
        raise
    finally:
        spent = explorer.spent
        if spent.requests:
            many = "1 request" if spent.requests == 1 else f"{spent.requests} requests"
            context.say(f"asked Cost Explorer: {many}, for which AWS charges {spent.charge}")
    told = replace(told, requests=explorer.spent.requests)
    try:
        atomic_write(kept, text_of(told).encode())
    except Ec2kitError as error:
        context.say(f"the answer is not kept, and the next one costs again: {error.message}")
    return told


def _age(told: Told, now: datetime) -> str:
    recently = now - told.asked < timedelta(minutes=1)
    return "now" if recently else f"{format_age(told.asked, now)} ago (--fresh asks again)"


def _kept(path: Path) -> Told | None:
    try:
        return told_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _by_what_runs(context: Context) -> Summary:
    fleets = [
        Fleet(
            aws.region,
            tuple(each for each in aws.instances.describe() if not each.state.is_gone),
            aws.volumes.describe(),
            aws.snapshots.describe(),
            aws.addresses.describe(),
        )
        for aws in context.everywhere()
    ]
    return by_what_runs(rates_of(context), fleets, context.clock.now())
