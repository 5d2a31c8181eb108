"""The savings plans that are owned, as columns and in words: what they commit to, what is used of it, what is saved."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from ec2kit.costs.fleet.holding import by_currency
from ec2kit.costs.fleet.plan_holding import BOOK, CLASSES, OWN, PlanHolding
from ec2kit.costs.fleet.report import Report
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.costs.prices.book import UPDATE
from ec2kit.model.money import Money, format_amount
from ec2kit.model.periods import format_time
from ec2kit.model.savings_plans import PlanKind
from ec2kit.screen.columns import Column

FEW = 3
"""More are counted, not named."""


def plan_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield which savings plans are owned, how far they are used, what they save, and what ends."""
    good = [each for each in report.plans if each.hours]
    if good:
        yield from _good_lines(report, good)
    for each in report.plans:
        if each.is_coming:
            yield (
                f"plans: {_name(each)} is {each.plan.state}, good from {format_time(each.plan.start)} on:"
                " what is advised reckons with it"
            )
        elif each.ends_soon:
            yield f"ends soon: {_name(each)}, {format_time(each.plan.end)}, in {each.left.days} days"
    if report.unrated:
        yield _unrated(report)


def _good_lines(report: Report, good: list[PlanHolding]) -> Iterator[str]:
    hourly = by_currency(each.plan.hourly for each in good)
    # The one hour of a steady fleet stands for a year.
    times, period = (HOURS_A_YEAR, " a year") if report.steady else (1, "")
    committed, spent, unused, displaced, net = (
        by_currency(getattr(each, name) * times for each in good)
        for name in ("committed", "spent", "unused", "displaced", "net")
    )
    many = "1 savings plan" if len(good) == 1 else f"{len(good)} savings plans"
    shares = [_percent(used.amount / whole.amount) for used, whole in zip(spent, committed, strict=True)]
    yield (
        f"plans: {many}, {' and '.join(map(_exact, hourly))} an hour: {_sums(spent)} of {_sums(committed)}{period} used"
        f" ({' and '.join(shares)}), {_sums(unused)} unused"
    )
    left = report.eligible_hours - report.covered_hours
    share = f" ({_percent(report.planned_hours / left)} of what reservations left)" if left else ""
    yield (
        f"plans: {report.planned_hours * times:,.1f} h{period} covered{share}, {_sums(displaced)} less on demand;"
        f" net savings {_sums(net)} (that, less the commitment){_rates(good)}"
    )
    if any(each.plan.kind is PlanKind.COMPUTE for each in good):
        regions = [each.region for each in report.seen]
        where = ", ".join(regions) if len(regions) <= FEW else f"these {len(regions)}"
        yield (
            f"not in it: what Fargate, Lambda and machines in other regions than {where} take of compute plans:"
            " more of them may be used, and less be covered"
        )


def _rates(good: list[PlanHolding]) -> str:
    words = {OWN: "the plans' own", BOOK: "the price book's"}
    sources = sorted({source for each in good for source in each.sources})
    return f"; rates: {' and '.join(words[source] for source in sources)}" if sources else ""


def _unrated(report: Report) -> str:
    """One line: with no rate a plan looks used less, and what it covers looks free to reserve."""
    kinds = sorted({(each.type, each.region) for each in report.unrated if not each.apart})
    named = ", ".join(type for type, _ in kinds[:FEW]) + (" …" if len(kinds) > FEW else "")
    words = (
        [f"{named}, whose rate is not known ({UPDATE} {kinds[0][0]} --region {kinds[0][1]})"] if kinds else []
    )
    words += [f"{each} machines" for each in sorted({each.apart for each in report.unrated} - {""})]
    return f"not in it: what savings plans cover of {', and of '.join(words)}"


def _name(holding: PlanHolding) -> str:
    plan = holding.plan
    return f"savings plan {plan.id} ({_exact(plan.hourly)} an hour, {plan.what})"


def _exact(hourly: Money) -> str:
    """A commitment as it was bought: of an hour's, a tenth of a cent counts."""
    return f"{hourly.amount.normalize():f} {hourly.currency}"


def _sums(found: tuple[Money, ...]) -> str:
    return " and ".join(str(each) for each in found)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN) + 0:f} %"


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 6))


def _amount(value: Money) -> str:
    return format_amount(value.amount)


PLAN_COLUMNS: tuple[Column[PlanHolding], ...] = (
    Column("id", lambda row: row.plan.id),
    Column("plan", lambda row: CLASSES[row.plan.kind]),
    Column("for", lambda row: row.plan.what),
    Column("hourly", lambda row: row.plan.hourly, shown=lambda row: f"{row.plan.commitment.normalize():f}"),
    Column("ends", lambda row: row.plan.end),
    Column(
        "used",
        lambda row: _ratio(row.utilization),
        shown=lambda row: "" if row.utilization is None else _percent(row.utilization),
    ),
    Column("unused", lambda row: row.unused, shown=lambda row: _amount(row.unused)),
    Column(
        "covered_hours", lambda row: _ratio(row.covered_hours), shown=lambda row: f"{row.covered_hours:,.1f}"
    ),
    Column("on_demand", lambda row: row.displaced, shown=lambda row: _amount(row.displaced)),
    Column("net", lambda row: row.net, shown=lambda row: _amount(row.net)),
    Column("state", lambda row: row.plan.state, extra=True),
    Column("rates", lambda row: " ".join(row.sources), extra=True),
    Column("region", lambda row: row.plan.region, extra=True),
    Column("family", lambda row: row.plan.family, extra=True),
    Column("payment", lambda row: row.plan.payment, extra=True),
    Column("committed", lambda row: row.committed, extra=True),
    Column("spent", lambda row: row.spent, extra=True),
    Column("days_left", lambda row: row.left.days, extra=True),
    Column("ends_soon", lambda row: row.ends_soon, extra=True),
)
"""Savings plans. `used` is the share of the commitment; amounts are of the hours that were looked at, `on_demand` what
the covered ones would have cost, `net` that less the commitment."""
