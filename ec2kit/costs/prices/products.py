"""AWS's price list, a product at a time: as GetProducts answers (JSON in strings) and as the bulk files have it.

A product is a SKU with attributes and terms (AWS Price List API, "Reading the service price list file"). For a machine
there are dozens: unused and allocated capacity reservations, dedicated tenancy, with SQL Server, own licence. They
differ in attributes that a query may forget, and some cost 0.00. So a price is taken from a product that is pinned in
each of them, of which there is exactly one. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import (
    OPERATIONS,
    Commitment,
    Machine,
    OfferingClass,
    Payment,
    Price,
    PriceList,
    System,
)
from ec2kit.errors import Ec2kitError, Exit, NotFound
from ec2kit.model.money import MOST
from ec2kit.model.regions import region_of

SYSTEMS = {System.LINUX: "Linux", System.RHEL: "RHEL", System.SUSE: "SUSE", System.WINDOWS: "Windows"}
"""The attribute operatingSystem of each."""
PINNED = {
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}
"""What an ordinary instance has. Lists from before 2017 have no capacitystatus, since there was nothing else then."""
LATER = frozenset({"capacitystatus"})
TERMS = {"1yr": Term.ONE_YEAR, "3yr": Term.THREE_YEARS}
CLASSES = {each.value: each for each in (OfferingClass.STANDARD, OfferingClass.CONVERTIBLE)}
PAYMENTS = {
    "No Upfront": Payment.NO_UPFRONT,
    "Partial Upfront": Payment.PARTIAL_UPFRONT,
    "All Upfront": Payment.ALL_UPFRONT,
}


class MalformedPrices(Ec2kitError):
    """A price document is not what AWS documents."""


class MalformedFile(MalformedPrices):
    """So is a file that somebody named, or that is kept on this machine."""

    exit_code = Exit.USAGE


@contextmanager
def in_file(hint: str = "") -> Iterator[None]:
    """Raises `MalformedFile` for what is malformed in the block; `hint` is for what has none of its own."""
    try:
        yield
    except MalformedPrices as error:
        raise MalformedFile(error.message, hint=error.hint or hint, resource=error.resource) from error


@dataclass(frozen=True)
class Product:
    """A SKU as it is in the list."""

    sku: str
    attributes: Mapping[str, str]
    terms: Mapping[str, Any]
    published: datetime | None = None


def filters_of(machine: Machine) -> dict[str, str]:
    """What GetProducts is asked for one machine: each attribute that pins it, by its name."""
    return {
        "regionCode": machine.region,
        "instanceType": machine.type,
        "operatingSystem": SYSTEMS[machine.system],
        "operation": OPERATIONS[machine.system],
        **PINNED,
    }


def products_of_page(page: Iterable[str]) -> Iterator[Product]:
    """Given the PriceList of an answer of GetProducts, whose items are JSON in strings, yield its products."""
    for text in page:
        try:
            item = json.loads(text)
        except (ValueError, RecursionError, TypeError) as error:
            raise MalformedPrices("a product in AWS's price list is no JSON") from error
        yield _product(_mapping(item, "a product"), "product", _time(item.get("publicationDate")))


def products_of_bulk(document: Mapping[str, Any]) -> Iterator[Product]:
    """Given a bulk file of a service, yield its products, each with its terms."""
    products = _mapping(document.get("products"), "products")
    kinds = _mapping(document.get("terms"), "terms")
    published = _time(document.get("publicationDate"))
    for sku, item in products.items():
        terms = {kind: _mapping(by_sku, kind).get(sku, {}) for kind, by_sku in kinds.items()}
        yield _product({"product": item, "terms": terms}, "product", published)


def _product(item: Mapping[str, Any], key: str, published: datetime | None) -> Product:
    product = _mapping(item.get(key), key)
    attributes = _mapping(product.get("attributes"), "attributes")
    if not isinstance(sku := product.get("sku"), str) or not sku:
        raise MalformedPrices("a product in AWS's price list has no sku")
    texts = {str(name): str(value) for name, value in attributes.items()}
    return Product(sku, texts, _mapping(item.get("terms"), f"the terms of {sku}"), published)


def unlike(product: Product, machine: Machine) -> tuple[str, ...]:
    """Given a product, return in what it is not this machine's: `tenancy is Dedicated`, …; nothing when it is."""
    wanted = filters_of(machine)
    found = {**product.attributes, "regionCode": region_in(product)}
    return tuple(
        f"{name} is {found.get(name) or 'missing'}"
        for name, value in wanted.items()
        if found.get(name) != value and not (name in LATER and name not in found)
    )


def regions_with(products: Iterable[Product], type: str) -> tuple[str, ...]:
    """The regions in which products have this instance type."""
    return tuple(
        sorted({region_in(each) for each in products if each.attributes.get("instanceType") == type} - {""})
    )


def pin(products: Iterable[Product], machine: Machine, source: str) -> PriceList:
    """Given products, return the prices of the one that is this machine's.

    Raises `NotFound` when none is, saying what was there instead, and `MalformedPrices` when several are, or when the
    price on demand is missing or zero: a bill has no silent zeros.
    """
    near: list[str] = []
    found: list[Product] = []
    for product in products:
        differing = unlike(product, machine)
        if not differing:
            found.append(product)
        elif len(near) < 3 and product.attributes.get("instanceType") == machine.type:
            near.append(f"{product.sku}: {', '.join(differing)}")
    if not found:
        hint = (
            f"there are others: {'; '.join(near)}"
            if near
            else "is the type spelt so, and sold in that region?"
        )
        raise NotFound(f"there is no price for {machine} in {source}", hint=hint, resource=machine.type)
    if len(found) > 1:
        skus = ", ".join(product.sku for product in found)
        raise MalformedPrices(
            f"there are {len(found)} prices for {machine} in {source}: {skus}", resource=machine.type
        )
    (product,) = found
    return PriceList(
        machine, _on_demand(product, machine), tuple(_reserved(product)), source, product.published
    )


def _on_demand(product: Product, machine: Machine) -> Price:
    prices = [_price(product, term, None) for term in _terms(product, "OnDemand")]
    if len(prices) != 1 or prices[0].hourly <= 0:
        what = f"{len(prices)} prices on demand" if len(prices) != 1 else "a price of zero on demand"
        raise MalformedPrices(f"{machine} has {what} ({product.sku})", resource=machine.type)
    return prices[0]


def _reserved(product: Product) -> Iterator[Price]:
    """The offers for one and three years; what is sold for other terms is not compared here."""
    for term in _terms(product, "Reserved"):
        attributes = _mapping(term.get("termAttributes"), f"termAttributes of {product.sku}")
        length, kind, paid = (
            attributes.get(name) for name in ("LeaseContractLength", "OfferingClass", "PurchaseOption")
        )
        if length not in TERMS or kind not in CLASSES or paid not in PAYMENTS:
            raise MalformedPrices(f"{product.sku} is reserved for {length}, {kind}, {paid}, which is unknown")
        price = _price(product, term, Commitment(TERMS[length], CLASSES[kind], PAYMENTS[paid]))
        if price.upfront <= 0 and price.hourly <= 0:
            raise MalformedPrices(f"{product.sku} costs nothing, reserved for {length}, {kind}, {paid}")
        yield price


def _terms(product: Product, kind: str) -> Iterator[Mapping[str, Any]]:
    for term in _mapping(product.terms.get(kind, {}), kind).values():
        yield _mapping(term, kind)


def _price(product: Product, term: Mapping[str, Any], commitment: Commitment | None) -> Price:
    """`Quantity` is the upfront fee, `Hrs` the hourly one; either may be absent."""
    by_unit = {"Quantity": Decimal(0), "Hrs": Decimal(0)}
    currencies: set[str] = set()
    for each in _mapping(term.get("priceDimensions"), f"priceDimensions of {product.sku}").values():
        dimension = _mapping(each, "a price dimension")
        unit, prices = dimension.get("unit"), _mapping(dimension.get("pricePerUnit"), "pricePerUnit")
        if unit not in by_unit or len(prices) != 1:
            raise MalformedPrices(f"{product.sku} has a price of {len(prices)} currencies for '{unit}'")
        ((currency, text),) = prices.items()
        currencies.add(str(currency))
        by_unit[unit] += amount_of(text, product.sku)
    if len(currencies) != 1:
        raise MalformedPrices(f"{product.sku} has a price in {len(currencies)} currencies")
    since = _time(term.get("effectiveDate"))
    return Price(by_unit["Quantity"], by_unit["Hrs"], commitment, currencies.pop(), since)


def region_in(product: Product) -> str:
    """The region of a product; old lists say only where it is."""
    return product.attributes.get("regionCode") or region_of(product.attributes.get("location", ""))


def amount_of(text: object, sku: str) -> Decimal:
    """Given a price of a product as it stands there, return it; raises `MalformedPrices`."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation as error:
        raise MalformedPrices(f"'{text}' is no price ({sku})") from error
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise MalformedPrices(f"'{text}' is no price ({sku})")
    return amount


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedPrices(f"AWS's price list has no {what}, or something else there")
    return value


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
