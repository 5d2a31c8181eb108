"""`ec2kit cost fleet`: which reservations would have paid for what ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from ec2kit.cli.commands.fleet_plans import plans_by_aws, plans_in_file
from ec2kit.cli.commands.fleet_sources import (
    book_with,
    machines_of,
    owned_by_aws,
    owned_in_file,
    reported_in,
    with_history,
)
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.costs.comparing import parse_utilization
from ec2kit.costs.fleet.grounds import Grounds, What, lost, where_known
from ec2kit.costs.fleet.looking import begins, look_everywhere, parse_back, steadily
from ec2kit.costs.fleet.missing import missing_in
from ec2kit.costs.fleet.offered import Offers, Wanted
from ec2kit.costs.fleet.offerings import offerings
from ec2kit.costs.fleet.report import Asked, Report, report
from ec2kit.costs.fleet.seen import Sight
from ec2kit.costs.fleet.wished import parse_wished
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import OfferingClass, Payment
from ec2kit.errors import Exit, UsageError
from ec2kit.screen.fleet_costs import (
    ADVICE_COLUMNS,
    HOLDING_COLUMNS,
    LAYER_COLUMNS,
    USE_COLUMNS,
    fleet_json,
    layer_rows,
)
from ec2kit.screen.fleet_offers import OFFERING_COLUMNS, missing_error
from ec2kit.screen.fleet_plans import PLAN_COLUMNS
from ec2kit.screen.fleet_words import sentences

UNOWNED = {What.RESERVATIONS, What.PLANS}
"""Of what is owned AWS may tell nothing."""
ADVISING = ("reserve", "offers", "marginal")
"""What is shown of it when it is asked what to buy: a price that is missing leaves that unanswered."""
CLASSES = [each.value for each in OfferingClass if not each.is_plan]


@dataclass(frozen=True)
class Typed:
    """The words that say what is reckoned."""

    last: str | None
    reports: tuple[str, ...]
    steady: bool
    term: str | None
    offering_class: str | None
    payment: str | None
    target_utilization: str | None
    machines: tuple[str, ...]
    added: tuple[str, ...]
    owned_file: str | None
    plans_file: str | None
    prices: str | None

    def check(self) -> None:
        """Raise `UsageError` for words that say the opposite of each other."""
        if self.steady and (self.last or self.reports):
            other = "--last" if self.last else "--usage"
            raise UsageError(
                f"--steady is what runs now, and {other} what ran before", hint="leave out one of them"
            )

    @property
    def wanted(self) -> Wanted:
        """The offers that are looked at."""
        return Wanted(
            Term(self.term) if self.term else None,
            OfferingClass(self.offering_class) if self.offering_class else None,
            Payment(self.payment) if self.payment else None,
        )


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
@click.option("--with", "machines", multiple=True, metavar="'TYPE xN'", help="what if these ran too, always")
@click.option("--add", "added", multiple=True, metavar="'TYPE xN'", help="what if these were owned too")
@click.option("--owned", "owned_file", metavar="FILE", help="what is owned: the AWS CLI's answer, as JSON")
@click.option("--plans", "plans_file", metavar="FILE", help="savings plans: the AWS CLI's answer, as JSON")
@click.option("--prices", metavar="FILE", help="a price book, or a price document, before the book here")
@click.option(
    "--show",
    "what",
    type=click.Choice(["reserve", "offers", "marginal", "owned", "plans", "use"]),
    default="reserve",
    help="what to reserve, every offer, each reservation's value, what is owned, savings plans, or what ran (reserve)",
)
def fleet(context: Context, what: str, **words: Any) -> None:
    """Show which reservations would have paid for what ran, and how far those that are owned are used.

    Hour by hour, over what runs now and what the history of ec2kit has, or usage reports; it says which hours it could
    not see. Owned reservations come off first, as AWS applies them: zonal, then of the same size, then of the family;
    then savings plans. The best offer is the one that saves most; a reservation more would have cost more than it
    saves. Changes nothing.

    \b
    ec2kit cost fleet
    ec2kit cost fleet --last 90d --term 1y --payment no-upfront --target-utilization 80%
    ec2kit cost fleet --usage cur/20261001-20261101/ --last 60d
    ec2kit cost fleet --with 'm5.large x4' --show offers
    ec2kit cost fleet --add 'm5.large x4' --show owned
    """
    typed = Typed(**words)
    typed.check()
    found = _reckon(context, typed)
    for line in sentences(found):
        context.say(line)
    if what != "use" and (UNOWNED & {lack.what for lack in found.grounds.lacks}):
        # Without it, what is there already may be advised once more.
        context.failed(Exit.PARTIAL)
    if what in ADVISING and (missing := missing_in(found.advice)):
        error = missing_error(missing)
        context.complain(error)
        context.failed(error.exit_code)
    _show(context, found, what)


def _reckon(context: Context, typed: Typed) -> Report:
    """Read what was typed, then files, then ask AWS: what is wrong is told before AWS is asked anything."""
    least = parse_utilization(typed.target_utilization or "0")
    back = parse_back(typed.last) if typed.last else None
    reported, notes = reported_in(context, typed.reports) if typed.reports else (None, ())
    offers = Offers(book_with(context, typed.prices), typed.wanted)
    regions = context.everywhere()
    names = [aws.region for aws in regions]
    machines = tuple(parse_wished(text, names, "machine") for text in typed.machines)
    added = tuple(parse_wished(text, names) for text in typed.added)
    owned = owned_in_file(context, typed.owned_file, names) if typed.owned_file else None
    plans = plans_in_file(context, typed.plans_file) if typed.plans_file else None
    shown, lacks = machines_of(context, regions)
    context.announce(shown[0][0])
    # Only now: it is AWS's time, which AWS has to have told.
    now = context.clock.now()
    since = begins(now, back, reported)
    sights = [with_history(context, aws, Sight(aws.region, since, now, found)) for aws, found in shown]
    seen, window = steadily(sights) if typed.steady else look_everywhere(sights, reported)
    if owned is None:
        owned, unknown = owned_by_aws([aws for aws, _ in shown])
        lacks += unknown
    if plans is None:
        plans, unknown = plans_by_aws(shown[0][0], seen)
        lacks += unknown
    without = lost((*machines, *added), lacks)
    grounds = Grounds((*lacks, *without), reported.periods if reported else (), notes)
    machines, added = where_known(machines, lacks), where_known(added, lacks)
    asked = Asked(window, now, owned, added, least, typed.steady, plans, grounds, machines)
    return report(seen, offers, asked)


def _show(context: Context, found: Report, what: str) -> None:
    if context.paper.format.is_json and not context.paper.columns:
        context.show_one(fleet_json(found), [])
    elif what == "owned":
        held = found.what_if.holdings if found.what_if else ()
        context.show(HOLDING_COLUMNS, (*found.holdings, *held))
    elif what == "plans":
        context.show(PLAN_COLUMNS, found.plans)
    elif what == "offers":
        context.show(OFFERING_COLUMNS, tuple(offerings(found.advice)))
    elif what == "marginal":
        context.show(LAYER_COLUMNS, layer_rows(found))
    elif what == "use":
        context.show(USE_COLUMNS, found.use)
    else:
        context.show(ADVICE_COLUMNS, found.advice)
