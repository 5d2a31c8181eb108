"""What things cost, as JSON and as lines for people: amounts with their currency, each sum labelled for what it is."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ec2kit.costs.comparing import BreakEven, Comparison
from ec2kit.costs.offers import Billing, Offer
from ec2kit.costs.prices.price import Offers, PriceList
from ec2kit.costs.reserving import Choice
from ec2kit.model.money import Money, format_amount, format_rate
from ec2kit.screen.columns import Column
from ec2kit.screen.curves import curves_text

BILLED = {Billing.USED: "hours used are billed", Billing.ALL: "all hours are billed"}
STEPS = 50
"""Of the chart: a column for each two per cent."""


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Given a comparison, return the documented JSON object."""
    offer = found.offer
    years, currency = offer.term.years, offer.currency

    def money(amount: Decimal) -> Money:
        return Money(amount, currency)

    return {
        "term": offer.term,
        "term_hours": offer.term.hours,
        "billing": offer.billing,
        "utilization": _ratio(found.utilization),
        "hours": _ratio(found.hours),
        "on_demand": {
            "hourly": money(found.on_demand),
            "yearly": money(found.on_demand_total / years),
            "total": money(found.on_demand_total),
        },
        "reserved": {
            "upfront": money(offer.upfront),
            "hourly": money(offer.hourly),
            "effective_hourly": money(offer.effective_hourly),
            "yearly": money(found.reserved_total / years),
            "total": money(found.reserved_total),
        },
        "saving": {
            "yearly": money(found.saving / years),
            "total": money(found.saving),
            "share": _ratio(found.saving_share),
        },
        "break_even": {billing.value: _break_even_json(found.break_even(billing)) for billing in Billing},
    }


def _break_even_json(found: BreakEven) -> dict[str, Any]:
    return {
        "pays": found.pays,
        "hours": _ratio(found.hours),
        "days": _ratio(found.days),
        "share": _ratio(found.share),
    }


def _ratio(value: Decimal | None) -> float | None:
    """Hours, days and shares are measures, not money: a number in JSON."""
    return None if value is None else float(round(value, 6))


def comparison_pairs(found: Comparison) -> list[tuple[str, str]]:
    """Given a comparison, return what a person reads: the two totals, the saving, both break-evens."""
    offer = found.offer
    years, currency = offer.term.years, offer.currency
    pairs = [
        ("term", f"{offer.term}, {offer.term.hours:,} h; used {_percent(found.utilization)} of it"),
        (
            "on demand",
            f"{format_amount(found.on_demand_total)} {currency} ({format_rate(found.on_demand)} an hour)",
        ),
        ("reserved", f"{format_amount(found.reserved_total)} {currency} ({_fees(offer)})"),
    ]
    if years > 1:
        each = f"on demand {format_amount(found.on_demand_total / years)} {currency}"
        pairs.append(("a year", f"{each}, reserved {format_amount(found.reserved_total / years)} {currency}"))
    share = "" if found.saving_share is None else f", {_percent(abs(found.saving_share))}"
    word = "saving" if found.saving >= 0 else "costs more"
    pairs += [
        (word, f"{format_amount(abs(found.saving))} {currency}{share}"),
        (
            "effective hourly",
            f"{format_rate(offer.effective_hourly)} {currency} when it runs all of the term",
        ),
        ("break-even", _break_even_text(found.break_even())),
    ]
    other = Billing.ALL if offer.billing is Billing.USED else Billing.USED
    return [*pairs, ("break-even", _break_even_text(found.break_even(other)))]


def comparison_chart(found: Comparison) -> str:
    """Given a comparison, return a chart of both costs over the share of the term that the instance runs."""
    points = list(found.over_utilization(STEPS))
    return curves_text(
        [point.on_demand for point in points],
        [point.reserved for point in points],
        ("on demand", "reserved"),
        ("0 %", "100 % of the term"),
        format_amount(max(points[-1].on_demand, points[-1].reserved)),
    )


def _fees(offer: Offer) -> str:
    upfront, hourly = format_amount(offer.upfront), format_rate(offer.hourly)
    return f"{upfront} at once, {hourly} an hour, {BILLED[offer.billing]}"


def _break_even_text(found: BreakEven) -> str:
    billed = BILLED[found.billing]
    if found.hours is None:
        return f"never: its hour costs no less ({billed})"
    if not found.pays:
        return f"not within the term: it would take {found.hours:,.0f} h ({billed})"
    days, share = found.hours / 24, found.hours / found.term_hours
    return f"{found.hours:,.1f} h of use, {days:,.1f} days, {_percent(share)} of the term ({billed})"


def _percent(share: Decimal) -> str:
    # Adding zero takes the sign off a zero.
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN) + 0:f} %"


def _share(share: Decimal | None) -> str:
    return "" if share is None else _percent(share)


def _shown(amount: Money | None) -> str:
    return "" if amount is None else format_amount(amount.amount)


def _offer(way: Choice) -> str:
    """As wide as the others: what stands beside reservations is a savings plan."""
    return str(way.price.commitment or "on-demand").replace("-savings-plan", "-plan")


CHOICE_COLUMNS: tuple[Column[Choice], ...] = (
    Column("offer", lambda way: str(way.price.commitment or "on-demand"), shown=_offer),
    Column("upfront", lambda way: way.upfront, shown=lambda way: _shown(way.upfront)),
    Column("monthly", lambda way: way.monthly, shown=lambda way: _shown(way.monthly)),
    Column("total", lambda way: way.total, shown=lambda way: _shown(way.total)),
    Column("yearly", lambda way: way.yearly, shown=lambda way: _shown(way.yearly)),
    Column("effective_hourly", lambda way: way.effective_hourly),
    Column("saving_yearly", lambda way: way.saving, shown=lambda way: _shown(way.saving)),
    Column("saving", lambda way: _ratio(way.saving_share), shown=lambda way: _share(way.saving_share)),
    Column(
        "break_even",
        lambda way: _ratio(way.break_even_share),
        shown=lambda way: _share(way.break_even_share),
    ),
    Column("currency", lambda way: way.price.currency),
    Column("break_even_hours", lambda way: _ratio(way.break_even_hours), extra=True),
    Column("term", lambda way: way.price.commitment and way.price.commitment.term, extra=True),
    Column("class", lambda way: way.price.commitment and way.price.commitment.offering_class, extra=True),
    Column("payment", lambda way: way.price.commitment and way.price.commitment.payment, extra=True),
    Column("present_value", lambda way: way.present_value, extra=True),
    Column("hourly", lambda way: Money(way.price.hourly, way.price.currency), extra=True),
    Column("since", lambda way: way.price.since, extra=True),
    Column("source", lambda way: way.source, extra=True),
    Column("published", lambda way: way.published, extra=True),
)
"""Ways to pay. `saving` and `break_even` are shares: 0.353 is 35.3 %."""


def source_line(prices: PriceList | Offers, count: int, utilization: Decimal, now: datetime) -> str:
    """Given prices, return what they are of, where they are from and how old they are: part of every answer."""
    machines = f"{count} × " if count > 1 else ""
    used = "" if utilization == 1 else f", used {_percent(utilization)} of the time"
    if isinstance(prices, Offers):
        return f"{machines}{prices.machine}{used}; prices of {prices.source}"
    if prices.published is None:
        return f"{machines}{prices.machine}{used}; prices of {prices.source}, of an unknown date"
    age = now - prices.published
    old = f"{age.days} days old" if age.days < 730 else f"{age.days // 365} years old"
    day = prices.published.date().isoformat()
    return f"{machines}{prices.machine}{used}; prices of {prices.source}, published {day}, {old}"
