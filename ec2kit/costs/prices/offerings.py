"""The reservations that EC2 itself sells (DescribeReservedInstancesOfferings), as prices, and joined with on demand.

Who may describe instances may often ask this where the price list is not allowed. It has no price on demand: that is
the price book's, whose source and date stay beside it. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import (
    PLATFORMS,
    Commitment,
    Machine,
    OfferingClass,
    Offers,
    Price,
    PriceList,
)
from ec2kit.costs.prices.products import CLASSES, PAYMENTS, MalformedPrices
from ec2kit.model.reservations import OnSale

TERMS = {term.hours * 3600: term for term in Term}
"""By their seconds: 31536000 and 94608000."""
JOINT = "; on demand of "
"""Between the source of reservations and that of the price on demand."""


@dataclass(frozen=True)
class Sold:
    """The offers of one machine, each term, class and payment once; and what was there that cannot be compared."""

    offers: tuple[Price, ...]
    left_out: tuple[str, ...] = ()
    """In words: how many, and of what kind."""


def sold(items: Iterable[OnSale], machine: Machine) -> Sold:
    """Given what EC2 answered for a machine, return its offers.

    Left out, and told, is what was sold until 2014 (Heavy, Medium and Light Utilization, or a fee for the hours that
    are used), and what is for another term than one or three years. Raises `MalformedPrices` for an offer that costs
    nothing, and for two of one term, class and payment that cost differently.
    """
    found: dict[Commitment, tuple[OnSale, Price]] = {}
    out: Counter[str] = Counter()
    for item in items:
        if (item.type, item.platform, item.tenancy) != (machine.type, PLATFORMS[machine.system], "default"):
            continue
        if kind := _kind_left_out(item):
            out[kind] += 1
            continue
        price = _price(item, machine)
        bound = _bound(item)
        first, known = found.setdefault(bound, (item, price))
        if known != price:
            raise MalformedPrices(
                f"EC2 sells {machine} twice as {bound}: {first.id} for {_asked(known)}, {item.id} for {_asked(price)}",
                resource=machine.type,
            )
    offers = tuple(found[bound][1] for bound in sorted(found))
    return Sold(offers, tuple(f"{count} of {kind}" for kind, count in sorted(out.items())))


def joined(on_demand: PriceList, offers: Offers) -> PriceList:
    """Given what is known of a machine on demand, and its offers, return both, with the sources and the older date."""
    known = on_demand.source.rpartition(JOINT)[2]
    return replace(on_demand, reserved=offers.reserved, source=f"{offers.source}{JOINT}{known}")


def asked_of(source: str, now: datetime) -> str:
    """Given what was asked, return it as a source that says when: it has no date of its own."""
    return f"{source}, asked {now:%Y-%m-%d}"


def _kind_left_out(item: OnSale) -> str:
    if item.offering_type not in PAYMENTS:
        return item.offering_type or "a kind without a name"
    if item.usage:
        return f"{item.offering_type} with a fee for hours used"
    return "" if item.seconds in TERMS else f"another term ({item.seconds} s)"


def _bound(item: OnSale) -> Commitment:
    if item.offering_class not in CLASSES:
        raise MalformedPrices(f"{item.id} is of the class '{item.offering_class}', which is unknown")
    return Commitment(TERMS[item.seconds], OfferingClass(item.offering_class), PAYMENTS[item.offering_type])


def _price(item: OnSale, machine: Machine) -> Price:
    if (not item.upfront and not item.hourly) or min(item.upfront, item.hourly) < 0:
        raise MalformedPrices(
            f"{item.id} costs {item.upfront} and {item.hourly} an hour, for {machine}", resource=machine.type
        )
    return Price(item.upfront, item.hourly, _bound(item), item.currency)


def _asked(price: Price) -> str:
    return f"{price.upfront} and {price.hourly} {price.currency} an hour"
