"""What reserving would have saved, as columns and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ec2kit.costs.fleet.holding import Holding
from ec2kit.costs.fleet.hours import HOUR
from ec2kit.costs.fleet.offerings import offerings
from ec2kit.costs.fleet.report import Advice, PoolUse, Report
from ec2kit.costs.fleet.sizing import Layer
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.costs.prices.price import BY_PLATFORM, Price
from ec2kit.model.money import Money, format_amount
from ec2kit.screen.columns import Column
from ec2kit.screen.fleet_offers import OFFERING_COLUMNS
from ec2kit.screen.fleet_plans import PLAN_COLUMNS
from ec2kit.screen.fleet_words import notes

COVERED = "covered already"
PLANNED = "covered already, with savings plans"


@dataclass(frozen=True)
class LayerRow:
    """Reservations of a market that are as much use as each other."""

    advice: Advice
    layer: Layer

    @property
    def worth(self) -> Money:
        """What each saves in a year: its used hours on demand, less the fee of the offer that is advised, or else of
        the cheapest."""
        price = self.advice.reserving.price if self.advice.reserving else _cheapest(self.advice)
        hours = self.advice.demand.hours if self.advice.demand else 1
        displaced = self.layer.displaced * HOURS_A_YEAR / hours
        return displaced - Money(price.offer.effective_hourly * HOURS_A_YEAR, price.currency)


def layer_rows(report: Report) -> list[LayerRow]:
    """Every reservation that some hour would use, those that are alike together."""
    return [
        LayerRow(advice, layer) for advice in report.advice if advice.demand for layer in advice.demand.layers
    ]


def _cheapest(advice: Advice) -> Price:
    return min(advice.offered.offers, key=lambda price: price.offer.effective_hourly)


def why(advice: Advice) -> str:
    """Given advice, return in words why it is what it is; empty where it is to reserve."""
    if advice.apart:
        return f"no reservation is good for {advice.apart} use"
    if advice.reserving:
        return f"no price for {', '.join(advice.offered.unpriced)}" if advice.offered.unpriced else ""
    if not advice.left:
        return PLANNED if advice.planned else COVERED
    if advice.market.platform not in BY_PLATFORM:
        return f"no prices of {advice.market.platform} are kept"
    if advice.offered.others:
        return "there are offers, but none of those that were asked for"
    if advice.demand is None:
        return f"no reserved prices: {advice.offered.hint}"
    if advice.first is None:
        return f"no price for {', '.join(advice.offered.unpriced)}: {advice.offered.hint}"
    needs = max(advice.break_even or Decimal(0), advice.least)
    return f"the first would be used {_percent(advice.first.utilization)}, it takes {_percent(needs)}"


def _percent(share: Decimal) -> str:
    # Adding zero takes the sign off a zero.
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN) + 0:f} %"


def _ratio(value: Decimal | None) -> float | None:
    """Hours and shares are measures, not money: a number in JSON."""
    return None if value is None else float(round(value, 6))


def _hours(value: Decimal) -> str:
    return f"{value:,.1f}"


def _amount(value: Money | None) -> str:
    return "" if value is None else format_amount(value.amount)


def _reserve(advice: Advice) -> str:
    found = advice.reserving
    return f"{found.count} × {_unit(advice)}" if found else ""


def _unit(advice: Advice) -> str:
    return advice.offered.unit.type if advice.offered.unit else ""


ADVICE_COLUMNS: tuple[Column[Advice], ...] = (
    Column("what", lambda row: row.market.what),
    Column("region", lambda row: row.market.region),
    Column("platform", lambda row: row.market.platform),
    Column("hours", lambda row: _ratio(row.hours), shown=lambda row: _hours(row.hours)),
    Column("covered", lambda row: _ratio(row.coverage), shown=lambda row: _percent(row.coverage)),
    Column("reserve", _reserve),
    Column("offer", lambda row: str(row.reserving.price.commitment) if row.reserving else ""),
    Column(
        "used",
        lambda row: _ratio(row.reserving.utilization) if row.reserving else None,
        shown=lambda row: _percent(row.reserving.utilization) if row.reserving else "",
    ),
    Column(
        "upfront",
        lambda row: row.reserving.upfront if row.reserving else None,
        shown=lambda row: _amount(row.reserving.upfront if row.reserving else None),
    ),
    Column("saving_yearly", lambda row: row.saving_yearly, shown=lambda row: _amount(row.saving_yearly)),
    Column("why", why),
    Column("count", lambda row: row.reserving.count if row.reserving else 0, extra=True),
    Column("type", _unit, extra=True),
    Column("last_used", lambda row: _ratio(row.last.utilization) if row.last else None, extra=True),
    Column("break_even", lambda row: _ratio(row.break_even), extra=True),
    Column("on_demand", lambda row: row.reserving.displaced if row.reserving else None, extra=True),
    Column("fee", lambda row: row.reserving.fee if row.reserving else None, extra=True),
    Column("net", lambda row: row.reserving.net if row.reserving else None, extra=True),
    Column("unused_cost", lambda row: row.reserving.unused_cost if row.reserving else None, extra=True),
    Column("planned", lambda row: _ratio(row.planned), extra=True),
    Column("hint", lambda row: row.offered.hint, extra=True),
)
"""What to reserve. `covered` and `used` are shares; `on_demand`, `fee`, `net` and `unused_cost` are of the hours that
were looked at, `saving_yearly` of a year like them."""

HOLDING_COLUMNS: tuple[Column[Holding], ...] = (
    Column("id", lambda row: row.held.owned.id),
    Column("type", lambda row: row.held.owned.type),
    Column("count", lambda row: row.held.owned.count),
    Column("where", lambda row: row.held.owned.zone or row.held.owned.region),
    Column("ends", lambda row: row.held.owned.end),
    Column("bought_hours", lambda row: _ratio(row.bought_hours), shown=lambda row: _hours(row.bought_hours)),
    Column("used", lambda row: _ratio(row.utilization), shown=lambda row: _percent(row.utilization)),
    Column("unused_hours", lambda row: _ratio(row.unused_hours), shown=lambda row: _hours(row.unused_hours)),
    Column("unused_cost", lambda row: row.unused_cost, shown=lambda row: _amount(row.unused_cost)),
    Column("on_demand", lambda row: row.displaced, shown=lambda row: _amount(row.displaced)),
    Column("fee", lambda row: row.fee, shown=lambda row: _amount(row.fee)),
    Column("net", lambda row: row.net, shown=lambda row: _amount(row.net)),
    Column("days_left", lambda row: row.left.days, extra=True),
    Column("ends_soon", lambda row: row.ends_soon, extra=True),
    Column("platform", lambda row: row.held.owned.platform, extra=True),
    Column("tenancy", lambda row: row.held.owned.tenancy, extra=True),
    Column("class", lambda row: row.held.owned.offering_class, extra=True),
    Column("payment", lambda row: row.held.owned.offering_type, extra=True),
)
"""What is owned; amounts are of the hours that were looked at, the fee amortised."""

LAYER_COLUMNS: tuple[Column[LayerRow], ...] = (
    Column("what", lambda row: row.advice.market.what),
    Column("region", lambda row: row.advice.market.region),
    Column("type", lambda row: _unit(row.advice)),
    Column("first", lambda row: row.layer.first),
    Column("last", lambda row: row.layer.last),
    Column(
        "used", lambda row: _ratio(row.layer.utilization), shown=lambda row: _percent(row.layer.utilization)
    ),
    Column("saving_yearly", lambda row: row.worth, shown=lambda row: _amount(row.worth)),
    Column("platform", lambda row: row.advice.market.platform, extra=True),
)
"""What each reservation from the `first` to the `last` would save in a year; below zero it costs more."""

USE_COLUMNS: tuple[Column[PoolUse], ...] = (
    Column("type", lambda row: row.pool.type),
    Column("zone", lambda row: row.pool.zone or row.pool.region),
    Column("platform", lambda row: row.pool.platform),
    Column("hours", lambda row: _ratio(row.hours), shown=lambda row: _hours(row.hours)),
    Column("covered", lambda row: _ratio(row.coverage), shown=lambda row: _percent(row.coverage)),
    Column("on_demand", lambda row: row.on_demand, shown=lambda row: _amount(row.on_demand)),
    Column("billed", lambda row: row.pool.apart or "on-demand"),
    Column("planned_hours", lambda row: _ratio(row.planned), extra=True),
    Column("region", lambda row: row.pool.region, extra=True),
)
"""What ran; `covered` by reservations, `planned_hours` by savings plans; `on_demand` is what the rest of it cost."""


def fleet_json(report: Report) -> dict[str, Any]:
    """Given the answer, return the documented JSON object."""
    window = report.window
    return {
        "from": window.start_time,
        "to": window.end_time,
        "hours": window.hours,
        "steady": report.steady,
        "machines": report.machines,
        "eligible_hours": _ratio(report.eligible_hours),
        "covered_hours": _ratio(report.covered_hours),
        "coverage": _ratio(_share(report.covered_hours, report.eligible_hours)),
        "reserve": _objects(ADVICE_COLUMNS, report.advice),
        "marginal": _objects(LAYER_COLUMNS, layer_rows(report)),
        "offers": _objects(OFFERING_COLUMNS, offerings(report.advice)),
        "owned": _objects(HOLDING_COLUMNS, report.holdings),
        "plans": _objects(PLAN_COLUMNS, report.plans) if report.plans_told else None,
        "planned_hours": _ratio(report.planned_hours),
        "use": _objects(USE_COLUMNS, report.use),
        "what_if": _what_if_json(report),
        "with": _growth_json(report),
        "unseen": [
            {
                "why": each.why,
                "region": seen.region,
                "from": each.start,
                "to": each.end,
                "machines": list(each.machines),
                "hours": _ratio(Decimal(each.seconds) / HOUR),
                "counted": each.counted,
            }
            for seen in report.seen
            for each in seen.unseen
        ],
        "prices": [
            {"type": each.machine.type, "region": each.machine.region, "system": each.machine.system}
            | {"source": each.source, "published": each.published}
            | {"age_days": (report.now - each.published).days if each.published else None}
            for each in report.prices
        ],
        "not_in_it": [
            {"what": each.what, "region": each.region or None, "why": each.why}
            for each in report.grounds.lacks
        ],
        "reports": [{"from": start, "to": end} for start, end in report.grounds.periods],
        "notes": list(notes(report)),
    }


def _growth_json(report: Report) -> dict[str, Any] | None:
    found = report.growth
    if found is None:
        return None
    machines = [
        {"type": each.type, "count": each.count, "region": each.region, "zone": each.zone or None}
        | {"platform": each.platform}
        for each in found.machines
    ]
    return {"machines": machines, "on_demand_yearly": list(found.yearly), "unpriced": list(found.unpriced)}


def _what_if_json(report: Report) -> dict[str, Any] | None:
    found = report.what_if
    if found is None:
        return None
    return {
        "reservations": _objects(HOLDING_COLUMNS, found.holdings),
        "on_demand": found.displaced,
        "fee": found.fee,
        "net": found.net,
        "saving_yearly": found.net * HOURS_A_YEAR / report.window.hours if found.net else None,
    }


def _objects(columns: tuple[Column[Any], ...], rows: Any) -> list[dict[str, Any]]:
    return [{column.name: column.value(row) for column in columns} for row in rows]


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)
