"""`ec2kit cost fleet`: which reservations would have paid for what ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands.fleet_plans import owned_plans
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.cli.price_book import book_of
from ec2kit.cli.state import State, store_name
from ec2kit.costs.comparing import parse_utilization
from ec2kit.costs.fleet.added import parse_added
from ec2kit.costs.fleet.history import events_in
from ec2kit.costs.fleet.hours import Window
from ec2kit.costs.fleet.offered import Offers, Wanted
from ec2kit.costs.fleet.owned_file import parse_owned
from ec2kit.costs.fleet.report import Asked, Report, report
from ec2kit.costs.fleet.reported import with_reported
from ec2kit.costs.fleet.seen import Seen, Sight, as_if_always, look
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.documents import MOST_BYTES
from ec2kit.costs.prices.importing import imported
from ec2kit.costs.prices.price import OfferingClass, Payment
from ec2kit.costs.usage.running import Reported
from ec2kit.errors import UsageError
from ec2kit.host.files import ensure_directory, is_file, read_text
from ec2kit.host.paths import cache_directory, journal_path
from ec2kit.model.periods import format_time, parse_duration
from ec2kit.model.reservations import Owned
from ec2kit.screen.fleet_costs import (
    ADVICE_COLUMNS,
    HOLDING_COLUMNS,
    LAYER_COLUMNS,
    USE_COLUMNS,
    fleet_json,
    layer_rows,
    source_lines,
)
from ec2kit.screen.fleet_plans import PLAN_COLUMNS, plan_lines
from ec2kit.screen.fleet_words import owned_lines, saved_line, unseen_lines, what_if_lines, window_line

LONGEST = timedelta(days=1096)
"""Three years: the longest term."""
CLASSES = [each.value for each in OfferingClass if not each.is_plan]


@reads
@click.option("--last", metavar="TIME", help="how far back to look: 7d, 90d (30d, or as far as reports go)")
@click.option(
    "--usage", "reports", multiple=True, metavar="FILE", help="a CUR or FOCUS by the hour: what it has counts"
)
@click.option("--steady", is_flag=True, help="as if what runs now had run all the time, and nothing else")
@click.option("--term", type=click.Choice([term.value for term in Term]), help="only offers of this term")
@click.option("--class", "offering_class", type=click.Choice(CLASSES), help="only this offering class")
@click.option("--payment", type=click.Choice([each.value for each in Payment]), help="only this payment")
@click.option(
    "--target-utilization", metavar="SHARE", help="only what would have been used that much each: 80%"
)
@click.option("--add", "added", multiple=True, metavar="'TYPE xN'", help="what if these were owned too")
@click.option("--owned", "owned_file", metavar="FILE", help="what is owned: the AWS CLI's answer, as JSON")
@click.option("--plans", "plans_file", metavar="FILE", help="savings plans: the AWS CLI's answer, as JSON")
@click.option("--prices", metavar="FILE", help="a price book, or a price document, before the book here")
@click.option(
    "--show",
    "what",
    type=click.Choice(["reserve", "marginal", "owned", "plans", "use"]),
    default="reserve",
    help="what to reserve, each reservation's value, what is owned, savings plans, or what ran (reserve)",
)
def fleet(
    context: Context,
    last: str | None,
    reports: tuple[str, ...],
    steady: bool,
    term: str | None,
    offering_class: str | None,
    payment: str | None,
    target_utilization: str | None,
    added: tuple[str, ...],
    owned_file: str | None,
    plans_file: str | None,
    prices: str | None,
    what: str,
) -> None:
    """Show which reservations would have paid for what ran, and how far those that are owned are used.

    Hour by hour, over what runs now and what the history of ec2kit has, or usage reports; it says which hours it could
    not see. Owned reservations come off first, as AWS applies them: zonal, then of the same size, then of the family;
    then savings plans. The best offer is the one that saves most; a reservation more would have cost more than it
    saves. Changes nothing.

    \b
    ec2kit cost fleet
    ec2kit cost fleet --last 90d --term 1y --payment no-upfront --target-utilization 80%
    ec2kit cost fleet --usage cur/20261001-20261101/ --last 60d
    ec2kit cost fleet --add 'm5.large x4' --show owned
    """
    least = parse_utilization(target_utilization or "0")
    back = _back(last or "30d")
    reported = _reported(context, reports) if reports else None
    offers = Offers(_book(context, prices), _wanted(term, offering_class, payment))
    regions = context.everywhere()
    names = [aws.region for aws in regions]
    more = tuple(parse_added(text, names) for text in added)
    context.announce(regions[0])
    shown = [aws.instances.describe() for aws in regions]
    # Only now: it is AWS's time, which AWS has to have told.
    now = context.clock.now()
    since = now - back
    if reported and last is None:
        since = min(since, max(now - LONGEST, reported.periods[0][0]))
    sights = [
        _sight(context, aws, Sight(aws.region, since, now, found))
        for aws, found in zip(regions, shown, strict=True)
    ]
    seen, window = _looked(sights, reported, steady=steady)
    owned = _owned(context, owned_file, regions)
    plans = owned_plans(context, plans_file, regions[0], seen)
    found = report(seen, offers, Asked(window, now, owned, more, least, steady, plans))
    _tell(context, found, what, now)


def _tell(context: Context, found: Report, what: str, now: datetime) -> None:
    context.say(window_line(found))
    lines = (
        *unseen_lines(found),
        *owned_lines(found),
        *plan_lines(found),
        *what_if_lines(found),
        *source_lines(found, now),
    )
    for line in (*lines, saved_line(found)):
        if line:
            context.say(line)
    if context.paper.format.is_json and not context.paper.columns:
        context.show_one(fleet_json(found), [])
    elif what == "owned":
        held = found.what_if.holdings if found.what_if else ()
        context.show(HOLDING_COLUMNS, (*found.holdings, *held))
    elif what == "plans":
        context.show(PLAN_COLUMNS, found.plans)
    elif what == "marginal":
        context.show(LAYER_COLUMNS, layer_rows(found))
    elif what == "use":
        context.show(USE_COLUMNS, found.use)
    else:
        context.show(ADVICE_COLUMNS, found.advice)


def _sight(context: Context, aws: Aws, sight: Sight) -> Sight:
    """With what the history says, where there is one."""
    if not is_file(journal_path(context.state_directory, store_name(aws), aws.account, aws.region)):
        # Opening it would make one: in each of all regions, most of which nobody has ever used.
        return sight
    history, begun = events_in(State.at(context, aws).journal, aws.region)
    return replace(sight, history=history, begun=begun)


def _looked(sights: Sequence[Sight], reported: Reported | None, *, steady: bool) -> tuple[list[Seen], Window]:
    """What was seen, in the hours that were asked for; or, if that is later, from when the history begins or the first
    machine is known to have run: hours of which nothing at all is known would look like hours in which nothing ran."""
    if steady:
        seen = [as_if_always(sight) for sight in sights]
    else:
        seen = [look(sight) for sight in sights]
    firsts = [each.first for each in seen if each.first is not None]
    firsts += [sight.begun for sight in sights if sight.begun is not None]
    firsts += [reported.periods[0][0]] if reported else []
    window = Window.around(max(sights[0].since, min(firsts, default=sights[0].since)), sights[0].now)
    if steady:
        return seen, Window(window.end - 1, window.end)
    again = [look(replace(sight, since=window.start_time)) for sight in sights]
    return [with_reported(each, reported) for each in again] if reported else again, window


def _reported(context: Context, files: tuple[str, ...]) -> Reported:
    """What usage reports say of when machines ran."""
    from ec2kit.costs.usage.database import database
    from ec2kit.costs.usage.files import find
    from ec2kit.costs.usage.running import running

    found = find(files, context.surroundings.cwd)
    parent = ensure_directory(cache_directory(context.surroundings.environ))
    with database(parent, [each.path for each in found.files]) as base:
        told = running(base, found.files)
    for start, end in told.periods:
        context.say(f"from {format_time(start)} to {format_time(end)}: what usage reports have")
    for note in found.notes:
        context.say(f"note: {note}")
    return told


def _back(last: str) -> timedelta:
    found = parse_duration(last)
    if not timedelta(hours=1) <= found <= LONGEST:
        raise UsageError(f"--last {last} is not between an hour and three years", hint="--last 30d")
    return found


def _wanted(term: str | None, offering_class: str | None, payment: str | None) -> Wanted:
    return Wanted(
        Term(term) if term else None,
        OfferingClass(offering_class) if offering_class else None,
        Payment(payment) if payment else None,
    )


def _book(context: Context, prices: str | None) -> PriceBook:
    kept = book_of(context)
    if not prices:
        return kept
    path = context.surroundings.cwd / Path(prices)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"'{prices}' has more than {MOST_BYTES >> 20} MiB", hint="take out the types you run"
        )
    return PriceBook((imported(read_text(path), prices), *kept.shelves))


def _owned(context: Context, file: str | None, regions: Sequence[Aws]) -> tuple[Owned, ...]:
    """Of each region by AWS, or of one by a file. Where AWS does not say, the rest is answered all the same."""
    names = [aws.region for aws in regions]
    if file:
        if len(names) > 1:
            raise UsageError("--owned is what one region owns", hint=f"--region {names[0]}")
        return parse_owned(read_text(context.surroundings.cwd / Path(file)), names[0], file)
    found: list[Owned] = []
    for aws in regions:
        try:
            found += aws.reservations.owned()
        except UNREACHED as error:
            where = f"in {aws.region} " if len(regions) > 1 else ""
            context.say(
                f"what is reserved already {where}is not in it (--owned FILE has it): {error.message}"
            )
    return tuple(found)
