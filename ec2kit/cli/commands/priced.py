"""What commands tell of costs beside their own work: from the prices on this machine, and never at its expense."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ec2kit.cli.context import Context
from ec2kit.cli.price_book import book_of
from ec2kit.costs.planned import Known, PlanCost, plan_cost
from ec2kit.costs.prices.rates import BookRates
from ec2kit.costs.standing import Cost, Rates, sources
from ec2kit.engine.plan import Plan
from ec2kit.errors import Ec2kitError
from ec2kit.screen.amounts import monthly_text
from ec2kit.screen.paper import Format

Told = TypeVar("Told")


def rates_of(context: Context) -> Rates:
    """The prices that are on this machine; AWS is not asked. Raises `Ec2kitError` for a book that cannot be read."""
    return BookRates(book_of(context))


def costs_of(context: Context, known: Callable[[], Known] = Known) -> Callable[[Plan], PlanCost]:
    """What tells the cost of a plan; `known` is asked when the plan is there. Trouble is a part of the answer."""

    def tell(plan: Plan) -> PlanCost:
        try:
            return plan_cost(plan, rates_of(context), context.aws().region, known())
        except Ec2kitError as error:
            return PlanCost(trouble=error.message)

    return tell


def say_total(context: Context, what: str, reckon: Callable[[Rates], Cost]) -> None:
    """Tell a person at a table what all of a list costs a month; nothing to a pipe, or of an empty list."""
    if context.paper.format is not Format.TABLE:
        return
    cost = reckoned(context, reckon)
    if cost is not None and cost.parts:
        found = "; ".join(sources(cost.rates, context.clock.now()))
        context.say(f"{what}: {monthly_text(cost)}{f' (prices: {found})' if found else ''}")


def reckoned(context: Context, reckon: Callable[[Rates], Told]) -> Told | None:
    """What is only told beside something else; None, and one line that says why, when the prices cannot be read."""
    try:
        return reckon(rates_of(context))
    except Ec2kitError as error:
        context.say(f"what it costs cannot be told: {error.message}")
        return None
