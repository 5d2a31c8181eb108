"""Prices asked of AWS now, as a shelf of the price book. Asking costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ec2kit.costs.prices.price import Machine, PriceList, System
from ec2kit.costs.prices.products import OPERATIONS, filters_of, pin, products_of_page
from ec2kit.costs.prices.unit_products import ADDRESS_GROUP, STORAGE, unit_prices
from ec2kit.costs.prices.units import UnitPrice

if TYPE_CHECKING:
    from ec2kit.aws import Aws
    from ec2kit.model.instances import Instance

_SYSTEMS = {operation: system for system, operation in OPERATIONS.items()}


def source_of(aws: Aws) -> str:
    """What answers are labelled with."""
    return "the practice AWS's price list, which is invented" if aws.sandbox else "AWS's price list"


def machine_prices(aws: Aws, machine: Machine) -> PriceList:
    """The prices of a machine now. Raises `NotFound`, `MalformedPrices`, and what calling AWS raises."""
    page = tuple(aws.pricing.products("AmazonEC2", filters_of(machine)))
    return pin(products_of_page(page), machine, source_of(aws))


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
                Machine(region, each.type, _SYSTEMS.get(each.usage_operation, System.LINUX))
                for each in instances
            }
        )
    )
