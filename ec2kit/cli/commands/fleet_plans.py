"""Which savings plans are owned, for `cost fleet`: by AWS, which has one answer for all regions, or by a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from ec2kit.aws import Aws
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.costs.fleet.grounds import Lack, What
from ec2kit.costs.fleet.plan_holding import Plans, RateKey
from ec2kit.costs.fleet.plans_file import parse_plans
from ec2kit.costs.fleet.seen import Seen
from ec2kit.host.files import read_text
from ec2kit.model.savings_plans import OwnedPlan, PlanKind


def plans_in_file(context: Context, file: str) -> Plans:
    """What a file says that is owned."""
    return Plans(parse_plans(read_text(context.surroundings.cwd / Path(file)), file), told=True)


def plans_by_aws(aws: Aws, seen: Sequence[Seen]) -> tuple[Plans, tuple[Lack, ...]]:
    """What is owned, with its rates for what was seen. Where AWS does not say, the rest is answered all the same."""
    try:
        owned = aws.savings_plans.owned()
    except UNREACHED as error:
        return Plans(), (Lack(What.PLANS, "", error.message),)
    try:
        return Plans(owned, _own_rates(aws, owned, seen), told=True), ()
    except UNREACHED as error:
        return Plans(owned, told=True), (Lack(What.PLAN_RATES, "", error.message),)


def _own_rates(aws: Aws, owned: Iterable[OwnedPlan], seen: Sequence[Seen]) -> dict[RateKey, Decimal]:
    found: dict[RateKey, Decimal] = {}
    begun = min((span.start for each in seen for span in each.spans), default=None)
    for plan in owned:
        if begun is None or plan.end <= begun:
            continue
        for each in seen:
            types = sorted(
                {span.pool.type for span in each.spans if _may_cover(plan, each.region, span.pool.type)}
            )
            if types:
                rates = aws.savings_plans.rates_of(plan.id, each.region, types)
                found |= {RateKey(plan.id, each.region, *kind): rate for kind, rate in rates.items()}
    return found


def _may_cover(plan: OwnedPlan, region: str, type: str) -> bool:
    if plan.kind is PlanKind.INSTANCE:
        return (plan.region, plan.family) == (region, type.partition(".")[0])
    return plan.kind is PlanKind.COMPUTE
