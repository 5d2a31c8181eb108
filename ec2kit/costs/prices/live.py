"""Prices asked of AWS now, as a shelf of the price book. Asking costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.offerings import Sold, asked_of, sold
from ec2kit.costs.prices.price import (
    BY_OPERATION,
    PLATFORMS,
    Commitment,
    Machine,
    OfferingClass,
    Offers,
    Payment,
    Price,
    PriceList,
    System,
)
from ec2kit.costs.prices.products import PAYMENTS, filters_of, pin, products_of_page
from ec2kit.costs.prices.unit_products import ADDRESS_GROUP, STORAGE, unit_prices
from ec2kit.costs.prices.units import UnitPrice
from ec2kit.model.reservations import PlanRate

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.model.instances import Instance

UPFRONT = {
    Payment.NO_UPFRONT: Decimal(0),
    Payment.PARTIAL_UPFRONT: Decimal("0.5"),
    Payment.ALL_UPFRONT: Decimal(1),
}
"""What share of a savings plan's commitment is paid at once."""


def source_of(aws: Aws) -> str:
    """What answers are labelled with."""
    return "the practice AWS's price list, which is invented" if aws.sandbox else "AWS's price list"


def machine_prices(aws: Aws, machine: Machine) -> PriceList:
    """The prices of a machine now, on demand and reserved. Raises `NotFound`, `MalformedPrices`, and what calling AWS
    raises."""
    page = tuple(aws.pricing.products("AmazonEC2", filters_of(machine)))
    return pin(products_of_page(page), machine, source_of(aws))


def machine_offers(aws: Aws, machine: Machine) -> tuple[Offers, Sold]:
    """The reservations that EC2 sells for a machine now, and what else it told. Raises `MalformedPrices`, and what
    calling AWS raises."""
    told = sold(aws.reservations.on_sale(machine.type, PLATFORMS[machine.system]), machine)
    source = "the practice EC2's reservations, which are invented" if aws.sandbox else "EC2's reservations"
    return Offers(machine, told.offers, asked_of(source, aws.now())), told


_Known = TypeVar("_Known", PriceList, Offers)


def with_plans(aws: Aws, prices: _Known) -> _Known:
    """The same with what the machine costs under savings plans now. Raises what calling AWS raises."""
    machine = prices.machine
    rates: tuple[PlanRate, ...] = aws.savings_plans.rates(
        machine.region, machine.type, PLATFORMS[machine.system]
    )
    return replace(prices, reserved=(*prices.reserved, *map(plan_price, rates)))


def plan_price(rate: PlanRate) -> Price:
    """Given a savings plan's rate, return what committing oneself to one such machine for the term costs.

    The commitment is paid for every hour (Savings Plans User Guide, "How Savings Plans work"): nothing of it upfront,
    half of it, or all.
    """
    term = Term.ONE_YEAR if rate.seconds == Term.ONE_YEAR.hours * 3600 else Term.THREE_YEARS
    payment = PAYMENTS[rate.payment]
    at_once = UPFRONT[payment]
    kind = OfferingClass.COMPUTE_PLAN if rate.plan == "Compute" else OfferingClass.INSTANCE_PLAN
    upfront = rate.rate * term.hours * at_once
    return Price(upfront, rate.rate * (1 - at_once), Commitment(term, kind, payment), rate.currency)


def region_units(aws: Aws, region: str) -> tuple[UnitPrice, ...]:
    """The prices of what machines hang on in a region now. Raises `MalformedPrices`, and what calling AWS raises."""
    there = {"regionCode": region}
    pages = [
        page
        for family in STORAGE
        for page in aws.pricing.products("AmazonEC2", {**there, "productFamily": family})
    ]
    pages += aws.pricing.products("AmazonVPC", {**there, "group": ADDRESS_GROUP})
    return tuple(unit_prices(products_of_page(pages), source_of(aws)))


def machines_of(instances: Iterable[Instance], region: str) -> tuple[Machine, ...]:
    """The machines that these instances are, as they are priced; what has a licence of its own is Linux by price."""
    return tuple(
        sorted(
            {
                Machine(region, each.type, BY_OPERATION.get(each.usage_operation, System.LINUX))
                for each in instances
            }
        )
    )
