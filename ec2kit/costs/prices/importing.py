"""A price document of AWS's, or a book, as prices to keep. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ec2kit.costs.prices.book import Prices
from ec2kit.costs.prices.book_files import is_book_text, parse_book
from ec2kit.costs.prices.documents import products_of
from ec2kit.costs.prices.price import Machine, PriceList
from ec2kit.costs.prices.products import SYSTEMS, MalformedPrices, Product, in_file, pin, region_in, unlike
from ec2kit.costs.prices.unit_products import unit_prices


def imported(text: str, shown: str) -> Prices:
    """Given a document's text, return every price in it that is one machine's or one thing's.

    In a price list of AWS's what is no ordinary machine's is passed over. Raises `MalformedFile` for what is no
    document, and for one without any price.
    """
    with in_file():
        return _imported(text, shown)


def _imported(text: str, shown: str) -> Prices:
    if is_book_text(text):
        book = parse_book(text, shown)
        lists = tuple(each for machine in book.machines() if (each := book.machine(machine)))
        units = tuple(unit for thing in book.things() if (unit := book.unit(thing)))
        return _some(Prices(lists, units), shown)
    products = tuple(products_of(text, shown))
    return _some(Prices(tuple(_lists(products, shown)), tuple(unit_prices(products, shown))), shown)


def _lists(products: Iterable[Product], shown: str) -> Iterable[PriceList]:
    """Those of AWS's price list, each pinned among the products of its type and region."""
    by_place: dict[tuple[str, str], list[Product]] = defaultdict(list)
    for product in products:
        type_, region = product.attributes.get("instanceType", ""), region_in(product)
        if type_ and region:
            by_place[region, type_].append(product)
    for (region, type_), found in sorted(by_place.items()):
        for system in SYSTEMS:
            machine = Machine(region, type_, system)
            if any(not unlike(product, machine) for product in found):
                yield pin(found, machine, f"'{shown}'")


def _some(found: Prices, shown: str) -> Prices:
    if not found.lists and not found.units:
        raise MalformedPrices(
            f"'{shown}' has no price of an ordinary machine, disk, snapshot or address",
            hint="shared tenancy, nothing installed that costs, no reserved capacity",
        )
    return found
