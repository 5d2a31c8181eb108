"""Machines, reservations and prices for tests: round figures, a window of a few hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ec2kit.costs.fleet.hours import Pool, Span, Window
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook, Prices
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList, System
from ec2kit.model.reservations import Owned
from ec2kit.model.savings_plans import OwnedPlan, PlanKind

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
YEAR = timedelta(seconds=31536000)
IRELAND = "eu-west-1"


def at(hours: float) -> datetime:
    """So many hours after Monday began."""
    return MONDAY + timedelta(hours=hours)


def window(hours: int) -> Window:
    """From Monday on."""
    return Window.around(MONDAY, at(hours))


def pool(
    type: str = "m5.large", zone: str = "a", platform: str = "Linux/UNIX", tenancy: str = "default"
) -> Pool:
    return Pool(IRELAND, f"{IRELAND}{zone}", type, platform, tenancy)


def span(which: Pool, start: float, end: float, machine: str = "i-1") -> Span:
    return Span(machine, which, at(start), at(end))


def owned(
    type: str = "m5.large",
    count: int = 1,
    zone: str = "",
    *,
    id: str = "r-1",
    upfront: str = "0",
    hourly: str = "0",
    platform: str = "Linux/UNIX",
) -> Owned:
    """Bought half a year before that Monday, for a year."""
    return Owned(
        id,
        IRELAND,
        type,
        count,
        MONDAY - YEAR / 2,
        MONDAY + YEAR / 2,
        zone=f"{IRELAND}{zone}" if zone else "",
        platform=platform,
        upfront=Decimal(upfront),
        hourly=Decimal(hourly),
    )


def offer(
    upfront: str,
    hourly: str,
    term: Term = Term.ONE_YEAR,
    offering_class: OfferingClass = OfferingClass.STANDARD,
    payment: Payment = Payment.PARTIAL_UPFRONT,
) -> Price:
    return Price(Decimal(upfront), Decimal(hourly), Commitment(term, offering_class, payment))


def listed(type: str, hourly: str, *offers: Price, system: System = System.LINUX) -> PriceList:
    machine = Machine(IRELAND, type, system)
    return PriceList(machine, Price(Decimal(0), Decimal(hourly)), offers, "a test", MONDAY)


def book(*lists: PriceList) -> PriceBook:
    return PriceBook((Prices(lists),))


def everything_at(rate: str, *types: str) -> PriceBook:
    """Prices that are in proportion to size: `rate` for a large on demand, and half of that reserved, all hours."""
    from ec2kit.costs.fleet.sizes import quarters

    def scaled(type: str, share: str) -> str:
        return str(Decimal(rate) * (quarters(type) or 16) / 16 * Decimal(share))

    return book(*(listed(type, scaled(type, "1"), offer("0", scaled(type, "0.5"))) for type in types))


def plan(
    commitment: str, family: str = "", *, id: str = "p-1", start: float | None = None, state: str = "active"
) -> OwnedPlan:
    """For a year, bought half a year before that Monday unless `start` says so many hours after it; nothing upfront."""
    begins = MONDAY - YEAR / 2 if start is None else at(start)
    return OwnedPlan(
        id,
        PlanKind.INSTANCE if family else PlanKind.COMPUTE,
        Decimal(commitment),
        begins,
        begins + YEAR,
        state,
        IRELAND if family else "",
        family,
        "No Upfront",
        31_536_000,
    )


def rates(compute: str, instance: str = "") -> tuple[Price, ...]:
    """As the price book has them: what an hour costs under each kind of plan."""
    kinds = {OfferingClass.COMPUTE_PLAN: compute, OfferingClass.INSTANCE_PLAN: instance}
    return tuple(
        offer("0", rate, Term.ONE_YEAR, kind, Payment.NO_UPFRONT) for kind, rate in kinds.items() if rate
    )
