"""AWS's price list: recorded documents, what must be refused, and documents that nobody would send."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, PriceList, System
from ec2kit.costs.prices.products import (
    MalformedPrices,
    filters_of,
    pin,
    products_of_bulk,
    products_of_page,
    unlike,
)
from ec2kit.errors import NotFound
from ec2kit.model.regions import LOCATIONS, region_of

DOCUMENTS = Path(__file__).parents[1] / "documents"
VIRGINIA, SINGAPORE = "us-east-1", "ap-southeast-1"
C4_LARGE = Machine(VIRGINIA, "c4.large")
Offer = dict[str, Any]


def document(name: str) -> Any:
    return json.loads((DOCUMENTS / name).read_text())


@pytest.fixture
def offer() -> Offer:
    """c4.large as GetProducts has it."""
    found: Offer = document("ec2-offer-c4.large-us-east-1.json")["offer"]
    return found


def pinned(*offers: Offer, machine: Machine = C4_LARGE) -> PriceList:
    return pin(products_of_page([json.dumps(each) for each in offers]), machine, "a page")


def test_the_four_terms_of_c4_large(offer: Offer) -> None:
    found = pinned(offer)

    assert (found.machine, found.source) == (C4_LARGE, "a page")
    assert (found.on_demand.upfront, found.on_demand.hourly) == (Decimal(0), Decimal("0.1"))
    assert found.on_demand.currency == "USD"
    assert {str(price.commitment): (price.upfront, price.hourly) for price in found.reserved} == {
        "1y standard no-upfront": (Decimal(0), Decimal("0.063")),
        "1y standard partial-upfront": (Decimal(263), Decimal("0.03")),
        "3y standard partial-upfront": (Decimal(539), Decimal("0.021")),
        "3y convertible partial-upfront": (Decimal(710), Decimal("0.027")),
    }
    totals = {str(price.commitment): price.offer.total(Decimal(0)) for price in found.reserved}
    assert totals["1y standard partial-upfront"] == Decimal("525.80")
    assert totals["3y convertible partial-upfront"] == Decimal("1419.56")
    assert found.reserved[0].since == datetime(2016, 11, 30, 23, 59, 59, tzinfo=UTC)


def test_the_bulk_file_has_one_ordinary_machine_and_one_with_sql_server() -> None:
    products = list(products_of_bulk(document("ec2-bulk-offer-2017-08-03.json")))

    small = pin(products, Machine(VIRGINIA, "t2.small"), "the bulk file")

    assert small.published is not None
    assert small.published.date() == date(2017, 8, 3)
    assert len(small.reserved) == 9
    paid = {price.commitment: price for price in small.reserved}
    all_upfront = paid[Commitment(Term.ONE_YEAR, OfferingClass.STANDARD, Payment.ALL_UPFRONT)]
    assert (all_upfront.upfront, all_upfront.hourly) == (Decimal(137), Decimal(0))
    with pytest.raises(NotFound) as caught:
        pin(products, Machine(SINGAPORE, "c5.9xlarge"), "the bulk file")
    assert "preInstalledSw is SQL Ent" in caught.value.hint


@pytest.mark.parametrize("type, region", [("d2.2xlarge", "ap-southeast-2"), ("p3.2xlarge", "ca-central-1")])
@pytest.mark.parametrize("system", System)
def test_the_recorded_page_holds_only_what_must_be_refused(type: str, region: str, system: System) -> None:
    page = document("pricing-get-products-page-2019-03-29.json")["PriceList"]

    with pytest.raises(NotFound) as caught:
        pin(products_of_page(page), Machine(region, type, system), "the page")

    assert "tenancy is Dedicated" in caught.value.hint


def test_what_is_asked_for_pins_a_product(offer: Offer) -> None:
    assert filters_of(Machine("eu-west-1", "t3.micro", System.RHEL)) == {
        "regionCode": "eu-west-1",
        "instanceType": "t3.micro",
        "operatingSystem": "RHEL",
        "operation": "RunInstances:0010",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "licenseModel": "No License required",
    }
    (product,) = products_of_page([json.dumps(offer)])
    assert unlike(product, C4_LARGE) == ()


@pytest.mark.parametrize(
    "attribute, value",
    [
        ("location", "EU (Ireland)"),
        ("regionCode", "eu-west-1"),
        ("instanceType", "c4.xlarge"),
        ("operatingSystem", "Windows"),
        ("operation", "RunInstances:0002"),
        ("tenancy", "Dedicated"),
        ("tenancy", "Host"),
        ("preInstalledSw", "SQL Web"),
        ("capacitystatus", "UnusedCapacityReservation"),
        ("capacitystatus", "AllocatedCapacityReservation"),
        ("licenseModel", "Bring your own license"),
    ],
)
def test_a_product_that_differs_in_anything_is_another(offer: Offer, attribute: str, value: str) -> None:
    offer["product"]["attributes"][attribute] = value

    with pytest.raises(NotFound):
        pinned(offer)


def test_an_old_list_knows_no_capacity_and_no_region_code(offer: Offer) -> None:
    del offer["product"]["attributes"]["capacitystatus"]

    assert pinned(offer).on_demand.hourly == Decimal("0.1")


@pytest.mark.parametrize("missing", ["tenancy", "operation", "preInstalledSw", "licenseModel", "location"])
def test_what_says_less_than_that_is_refused(offer: Offer, missing: str) -> None:
    del offer["product"]["attributes"][missing]

    with pytest.raises(NotFound, match="there is no price for"):
        pinned(offer)


def test_two_that_fit_are_one_too_many(offer: Offer) -> None:
    other = copy.deepcopy(offer)
    other["product"]["sku"] = "OTHER"

    with pytest.raises(MalformedPrices, match=r"2 prices for c4\.large.*4C7N4APU9GEUZ6H6, OTHER"):
        pinned(offer, other)


def on_demand(offer: Offer) -> Offer:
    found: Offer = next(iter(offer["terms"]["OnDemand"].values()))
    return found


def dimension(offer: Offer) -> Offer:
    found: Offer = next(iter(on_demand(offer)["priceDimensions"].values()))
    return found


def reserved(offer: Offer) -> Offer:
    found: Offer = next(iter(offer["terms"]["Reserved"].values()))
    return found


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda offer: dimension(offer)["pricePerUnit"].update(USD="0.0000000000"), "a price of zero"),
        (lambda offer: dimension(offer)["pricePerUnit"].update(USD="-0.1"), "'-0.1' is no price"),
        (lambda offer: dimension(offer)["pricePerUnit"].update(USD="NaN"), "'NaN' is no price"),
        (lambda offer: dimension(offer)["pricePerUnit"].update(USD="1e99999999"), "is no price"),
        (lambda offer: dimension(offer)["pricePerUnit"].update(USD="cheap"), "'cheap' is no price"),
        (lambda offer: dimension(offer)["pricePerUnit"].update(CNY="0.7"), "2 currencies"),
        (lambda offer: dimension(offer)["pricePerUnit"].clear(), "0 currencies"),
        (lambda offer: dimension(offer).update(unit="GB-Mo"), "for 'GB-Mo'"),
        (lambda offer: on_demand(offer).update(priceDimensions={}), "in 0 currencies"),
        (lambda offer: on_demand(offer).update(priceDimensions=None), "no priceDimensions"),
        (lambda offer: offer["terms"].pop("OnDemand"), "0 prices on demand"),
        (lambda offer: offer["terms"]["OnDemand"].update(x=on_demand(offer)), "2 prices on demand"),
        (lambda offer: offer["terms"].update(OnDemand=[]), "no OnDemand"),
        (lambda offer: reserved(offer)["termAttributes"].update(LeaseContractLength="5yr"), "reserved for 5yr"),
        (lambda offer: reserved(offer)["termAttributes"].update(OfferingClass="gold"), "gold"),
        (lambda offer: reserved(offer).pop("termAttributes"), "no termAttributes"),
        (
            lambda offer: [
                each["pricePerUnit"].update(USD="0") for each in reserved(offer)["priceDimensions"].values()
            ],
            "costs nothing, reserved for",
        ),
        (lambda offer: offer["product"].pop("sku"), "no sku"),
        (lambda offer: offer["product"].update(attributes=[]), "no attributes"),
        (lambda offer: offer.pop("product"), "no product"),
        (lambda offer: offer.update(terms="x"), "no the terms of"),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_believed_is_an_error(
    offer: Offer, spoil: Callable[[Offer], object], told: str
) -> None:
    spoil(offer)

    with pytest.raises(MalformedPrices, match=told):
        pinned(offer)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", "[" * 100_000])
def test_what_is_no_product(text: str) -> None:
    with pytest.raises(MalformedPrices):
        list(products_of_page([text]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_anything_in_any_place_is_a_price_or_an_error(data: st.DataObject) -> None:
    offer: Offer = document("ec2-offer-c4.large-us-east-1.json")["offer"]
    at: Any = offer
    while isinstance(at, dict) and at:
        key = data.draw(st.sampled_from(sorted(at)))
        if data.draw(st.booleans()) or not isinstance(at[key], dict):
            at[key] = data.draw(json_values)
            break
        at = at[key]

    with suppress(MalformedPrices, NotFound):
        assert pinned(offer).on_demand.hourly > 0


def test_every_location_is_a_region_of_botocore() -> None:
    assert region_of("EU (Ireland)") == region_of("Europe (Ireland)") == "eu-west-1"
    assert region_of("AWS GovCloud (US)") == "us-gov-west-1"
    assert region_of("Atlantis") == region_of("") == ""
    assert len(set(LOCATIONS.values())) == len(LOCATIONS) - 2
