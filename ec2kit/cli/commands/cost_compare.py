"""`ec2kit cost compare`: what reserving would save, from plain figures."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import stays
from ec2kit.costs.comparing import compare as compared
from ec2kit.costs.comparing import parse_utilization
from ec2kit.costs.offers import Billing, Offer, Term
from ec2kit.model.money import parse_amount
from ec2kit.screen.costs import comparison_chart, comparison_json, comparison_pairs


@stays
@click.option("--on-demand", required=True, metavar="AMOUNT", help="an hour on demand")
@click.option("--upfront", default="0", metavar="AMOUNT", help="what the reservation costs at once (0)")
@click.option("--hourly", default="0", metavar="AMOUNT", help="its fee for an hour (0)")
@click.option(
    "--term", default="1y", type=click.Choice([term.value for term in Term]), help="how long it is for (1y)"
)
@click.option(
    "--billing",
    default="used",
    type=click.Choice([billing.value for billing in Billing]),
    help="which hours the fee is for: those used, as until 2014, or all (used)",
)
@click.option(
    "--utilization", default="100%", metavar="SHARE", help="how much of the term it runs: 60% (100%)"
)
def compare(context: Context, on_demand: str, term: str, billing: str, utilization: str, **fees: str) -> None:
    """Compare a reservation with on demand: totals, saving, and from how many hours of use on it pays.

    Reservations are sold today with every hour of the term billed: say `--billing all` for those. Both break-evens
    are printed.

    \b
    ec2kit cost compare --on-demand 0.025 --upfront 54 --hourly 0.01
    ec2kit cost compare --on-demand 0.10 --upfront 263 --hourly 0.03 --billing all --utilization 70%
    """
    offer = Offer(
        parse_amount(fees["upfront"], "--upfront"),
        parse_amount(fees["hourly"], "--hourly"),
        Term(term),
        Billing(billing),
    )
    found = compared(parse_amount(on_demand, "--on-demand"), offer, parse_utilization(utilization))
    context.show_one(comparison_json(found), comparison_pairs(found))
    if context.paper.format == "table":
        context.write("\n")
        context.write(comparison_chart(found))
