"""The price book's file: JSON, amounts as strings, upfront and hourly apart, each price with its source and its date.

docs/reference/prices.md has the schema. A file is read strictly, and looked up in without reading every price of it:
the table that comes with ec2kit has fifteen thousand. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NoReturn

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList, System
from ec2kit.costs.prices.products import MalformedPrices
from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.errors import UsageError
from ec2kit.model.money import USD, parse_amount
from ec2kit.model.periods import format_time, parse_time

FORMAT = "ec2kit-prices"
VERSION = 1
_TOP = frozenset({"format", "version", "sources", "machines", "units"})
_SOURCE = frozenset({"name", "published"})
_MACHINE = frozenset({"source", "region", "type", "system", "currency", "on_demand", "offers"})
_OFFER = frozenset({"term", "class", "payment", "upfront", "hourly"})
_UNIT = frozenset({"source", "region", "kind", "type", "currency", "amount"})


@dataclass(frozen=True)
class BookFile:
    """A book that was read; a shelf of prices. A wrong price is told when it is looked up, or by `check`."""

    shown: str
    document: Mapping[str, Any]

    def machine(self, machine: Machine) -> PriceList | None:
        """The prices of a machine; raises `MalformedPrices`."""
        row = self._machines.get((machine.region, machine.type, machine.system.value))
        return None if row is None else self._list(machine, row)

    def unit(self, thing: Thing) -> UnitPrice | None:
        """The price of what a machine hangs on; raises `MalformedPrices`."""
        row = self._units.get((thing.region, thing.kind.value, thing.type))
        if row is None:
            return None
        where = f"the price of {thing}"
        source, published = self._source(row, where)
        amount = self._above_zero(row.get("amount"), where)
        return UnitPrice(thing, amount, str(row.get("currency", USD)), source, published)

    def machines(self) -> Iterator[Machine]:
        """Every machine in it."""
        for region, type_, system in sorted(self._machines):
            if system not in frozenset(System):
                self._wrong(f"there is no operating system '{system}'")
            yield Machine(region, type_, System(system))

    def things(self) -> Iterator[Thing]:
        """Everything else in it."""
        for region, kind, type_ in sorted(self._units):
            if kind not in frozenset(Kind):
                self._wrong(f"there is no kind '{kind}'")
            yield Thing(region, Kind(kind), type_)

    def settle(self) -> None:
        """Find every row; raises `MalformedPrices` for what is not in the schema."""
        self._only(self.document, _TOP, "it")
        _ = self._machines, self._units

    def check(self) -> None:
        """Read every price in it; raises `MalformedPrices` for the first that is wrong."""
        for machine in self.machines():
            self.machine(machine)
        for thing in self.things():
            self.unit(thing)

    @cached_property
    def _machines(self) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        return self._indexed("machines", _MACHINE, ("region", "type", "system"))

    @cached_property
    def _units(self) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        return self._indexed("units", _UNIT, ("region", "kind", "type"))

    def _indexed(
        self, name: str, known: frozenset[str], key: tuple[str, str, str]
    ) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        rows = self.document.get(name, [])
        if not isinstance(rows, list):
            self._wrong(f"'{name}' is no list")
        for number, row in enumerate(rows, 1):
            self._only(row, known, f"{name} {number}")
            words = (str(row.get(key[0], "")), str(row.get(key[1], "")), str(row.get(key[2], "linux")))
            if not all(words):
                self._wrong(f"{name} {number} lacks {', '.join(key)}")
            if words in found:
                self._wrong(f"{name} {number} is there twice: {' '.join(words)}")
            found[words] = row
        return found

    def _list(self, machine: Machine, row: Mapping[str, Any]) -> PriceList:
        where = f"the price of {machine}"
        source, published = self._source(row, where)
        currency = str(row.get("currency", USD))
        on_demand = Price(
            Decimal(0), self._above_zero(row.get("on_demand"), where), currency=currency, since=published
        )
        offers = row.get("offers", [])
        if not isinstance(offers, list):
            self._wrong(f"{where}: 'offers' is no list")
        reserved = tuple(self._offer(each, currency, where, published) for each in offers)
        return PriceList(machine, on_demand, reserved, source, published)

    def _offer(self, row: Any, currency: str, where: str, published: datetime | None) -> Price:
        self._only(row, _OFFER, f"an offer of {where}")
        try:
            bound = Commitment(
                Term(row.get("term")), OfferingClass(row.get("class")), Payment(row.get("payment"))
            )
        except ValueError as error:
            self._wrong(f"an offer of {where}: {error}")
        upfront = self._amount(row.get("upfront", "0"), where)
        hourly = self._amount(row.get("hourly", "0"), where)
        if not upfront and not hourly:
            self._wrong(f"{where}, {bound}, is zero")
        return Price(upfront, hourly, bound, currency, published)

    def _source(self, row: Mapping[str, Any], where: str) -> tuple[str, datetime | None]:
        number = row.get("source")
        if type(number) is not int or not 0 <= number < len(self._sources):
            self._wrong(f"{where} has no source")
        return self._dated(number)

    @cached_property
    def _sources(self) -> list[Any]:
        sources = self.document.get("sources", [])
        if not isinstance(sources, list):
            self._wrong("'sources' is no list")
        return sources

    def _dated(self, number: int) -> tuple[str, datetime | None]:
        source = self._sources[number]
        self._only(source, _SOURCE, f"source {number}")
        published = source.get("published")
        try:
            return str(source.get("name", self.shown)), parse_time(str(published)) if published else None
        except UsageError as error:
            self._wrong(f"source {number}: {error.message}")

    def _above_zero(self, text: object, where: str) -> Decimal:
        amount = self._amount(text, where)
        if not amount:
            self._wrong(f"{where} is zero")
        return amount

    def _amount(self, text: object, where: str) -> Decimal:
        if not isinstance(text, str):
            self._wrong(f'{where}: an amount is text, as in "0.0114", not {text!r}')
        try:
            return parse_amount(text, where)
        except UsageError as error:
            self._wrong(error.message)

    def _only(self, row: Any, known: frozenset[str], where: str) -> None:
        if not isinstance(row, Mapping):
            self._wrong(f"{where} is no object")
        if strange := sorted(row.keys() - known):
            self._wrong(f"{where} has '{strange[0]}', which means nothing")

    def _wrong(self, what: str) -> NoReturn:
        raise MalformedPrices(f"'{self.shown}': {what}", hint="docs/reference/prices.md has the schema")


def is_book_text(text: str) -> bool:
    """Whether a text begins as one does, without reading all of it."""
    return f'"{FORMAT}"' in text[:200]


def is_book(document: object) -> bool:
    """Whether a JSON document says that it is one."""
    return isinstance(document, Mapping) and document.get("format") == FORMAT


def parse_book(text: str, shown: str) -> BookFile:
    """Given a book's text, return it; raises `MalformedPrices` for what is none, or of a later version."""
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise MalformedPrices(f"'{shown}' is no JSON: {error}") from error
    if not is_book(document):
        raise MalformedPrices(f"'{shown}' is no price book", hint=f'it begins with "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise MalformedPrices(
            f"'{shown}' is of version {document.get('version')}, and this ec2kit reads {VERSION}"
        )
    book = BookFile(shown, document)
    book.settle()
    return book


def book_text(lists: Iterable[PriceList], units: Iterable[UnitPrice]) -> str:
    """Given prices, return the file that has them, one to a line, in order: what is equal is equal text."""
    rows, things = sorted(lists, key=lambda each: each.machine), sorted(units, key=lambda each: each.thing)
    sources: dict[tuple[str, datetime | None], int] = {}
    for source in [
        *((each.source, each.published) for each in rows),
        *((each.source, each.published) for each in things),
    ]:
        sources.setdefault(source, len(sources))
    return "".join(
        (
            f'{{"format": "{FORMAT}", "version": {VERSION},\n"sources": [\n',
            ",\n".join(json.dumps(_source_row(*each)) for each in sources),
            '\n],\n"machines": [\n',
            ",\n".join(json.dumps(_machine_row(each, sources[each.source, each.published])) for each in rows),
            '\n],\n"units": [\n',
            ",\n".join(json.dumps(_unit_row(each, sources[each.source, each.published])) for each in things),
            "\n]}\n",
        )
    )


def _source_row(name: str, published: datetime | None) -> dict[str, str]:
    return {"name": name, **({"published": format_time(published)} if published else {})}


def _machine_row(found: PriceList, source: int) -> dict[str, Any]:
    return {
        "region": found.machine.region,
        "type": found.machine.type,
        "system": found.machine.system.value,
        "currency": found.on_demand.currency,
        "on_demand": f"{found.on_demand.hourly:f}",
        **({"offers": [_offer_row(each) for each in found.reserved]} if found.reserved else {}),
        "source": source,
    }


def _offer_row(price: Price) -> dict[str, str]:
    bound = price.commitment
    if bound is None:
        raise ValueError("an offer binds somebody")
    words = {"term": bound.term.value, "class": bound.offering_class.value, "payment": bound.payment.value}
    return {**words, "upfront": f"{price.upfront:f}", "hourly": f"{price.hourly:f}"}


def _unit_row(found: UnitPrice, source: int) -> dict[str, Any]:
    thing = found.thing
    words = {"region": thing.region, "kind": thing.kind.value, "type": thing.type}
    return {**words, "currency": found.currency, "amount": f"{found.amount:f}", "source": source}
