"""The port to the price list against the sandbox's: pages put together, and the one product that is the machine's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ec2kit.aws.pricing import Pricing
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import Machine, OfferingClass, Payment, System
from ec2kit.costs.prices.products import MalformedPrices, filters_of, pin, products_of_page
from ec2kit.costs.prices.unit_products import ADDRESS_GROUP, STORAGE, unit_prices
from ec2kit.costs.prices.units import Kind, Thing
from ec2kit.errors import AccessDenied
from ec2kit.model.regions import LOCATIONS
from ec2kit.sandbox import rates
from ec2kit.sandbox.breaks import make
from ec2kit.sandbox.fault_words import parse_order
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected

MICRO = Machine("eu-west-1", "t3.micro")


@pytest.fixture(scope="module")
def pricing() -> Pricing:
    return connected(Seeded()).pricing


@pytest.mark.parametrize("system", System)
def test_the_pinned_question_has_one_answer_and_the_open_one_the_same(
    pricing: Pricing, system: System
) -> None:
    machine = Machine("eu-west-1", "t3.micro", system)
    pinned = list(pricing.products("AmazonEC2", filters_of(machine)))
    assert len(pinned) == 1
    found = pin(products_of_page(pinned), machine, "here")
    everything = pricing.products("AmazonEC2", {"instanceType": "t3.micro"})
    assert pin(products_of_page(everything), machine, "here") == found


@pytest.mark.parametrize("region", sorted(set(LOCATIONS.values())))
def test_every_region_has_one(pricing: Pricing, region: str) -> None:
    machine = Machine(region, "t3.micro")
    page = pricing.products("AmazonEC2", filters_of(machine))
    assert pin(products_of_page(page), machine, "here").on_demand.hourly == rates.machine("t3.micro")


def test_upfront_and_hourly_are_apart(pricing: Pricing) -> None:
    found = pin(products_of_page(pricing.products("AmazonEC2", filters_of(MICRO))), MICRO, "here")
    hourly = rates.machine("t3.micro")
    by_commitment = {
        (price.commitment.term, price.commitment.offering_class, price.commitment.payment): price
        for price in found.reserved
        if price.commitment
    }
    none = by_commitment[Term.ONE_YEAR, OfferingClass.STANDARD, Payment.NO_UPFRONT]
    assert (none.upfront, none.hourly) == (Decimal(0), hourly * Decimal("0.64"))
    partial = by_commitment[Term.ONE_YEAR, OfferingClass.STANDARD, Payment.PARTIAL_UPFRONT]
    assert (partial.upfront, partial.hourly) == (Decimal(27), hourly * Decimal("0.305"))
    whole = by_commitment[Term.THREE_YEARS, OfferingClass.STANDARD, Payment.ALL_UPFRONT]
    assert (whole.upfront, whole.hourly) == (Decimal(100), Decimal(0))


def test_what_machines_hang_on(pricing: Pricing) -> None:
    found = {
        price.thing: price.amount
        for family in STORAGE
        for price in unit_prices(
            products_of_page(
                pricing.products("AmazonEC2", {"productFamily": family, "regionCode": "eu-west-1"})
            ),
            "here",
        )
    }
    assert found[Thing("eu-west-1", Kind.VOLUME, "gp3")] == rates.VOLUMES["gp3"]
    assert {thing.type for thing in found if thing.kind is Kind.VOLUME} == set(rates.VOLUMES)
    assert found[Thing("eu-west-1", Kind.IOPS, "io2")] == Decimal("0.06"), "the first tier"
    assert found[Thing("eu-west-1", Kind.THROUGHPUT, "gp3")] == Decimal("0.04")
    assert found[Thing("eu-west-1", Kind.SNAPSHOT, "archive")] == rates.SNAPSHOTS["archive"]
    addresses = pricing.products("AmazonVPC", {"group": ADDRESS_GROUP, "regionCode": "eu-west-1"})
    assert {price.thing.type for price in unit_prices(products_of_page(addresses), "here")} == {
        "in-use",
        "idle",
    }


def test_two_prices_of_one_thing_are_no_price(pricing: Pricing) -> None:
    wanted = {"productFamily": "Storage", "volumeApiName": "gp3", "regionCode": "eu-west-1"}
    page = list(pricing.products("AmazonEC2", wanted))
    dearer = [each.replace('"0.0800000000"', '"0.0900000000"') for each in page]
    with pytest.raises(MalformedPrices, match="volume gp3 in eu-west-1 costs"):
        list(unit_prices(products_of_page([*page, *dearer]), "here"))
    free = [each.replace('"0.0800000000"', '"0.0000000000"') for each in page]
    with pytest.raises(MalformedPrices, match="costs nothing"):
        list(unit_prices(products_of_page(free), "here"))
    odd = [each.replace('"GB-Mo"', '"TB-Mo"') for each in page]
    assert list(unit_prices(products_of_page(odd), "here")) == [], "an unknown unit is no price, and no end"


def test_what_is_not_allowed_is_told() -> None:
    seeded = Seeded()
    with seeded.app.settled() as state:
        make(state, parse_order("error:AccessDeniedException", "pricing:GetProducts"))
    with pytest.raises(AccessDenied) as caught:
        list(connected(seeded).pricing.products("AmazonEC2", filters_of(MICRO)))
    assert caught.value.hint == "allow `pricing:GetProducts` in the policy of the user or role"
