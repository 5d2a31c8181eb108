"""The price book: what is known of prices, from several sources, the one that goes before first. Pure.

A lookup has a price above zero with its source and date, or raises `NotFound`: never a silent zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from ec2kit.costs.prices.price import Machine, PriceList
from ec2kit.costs.prices.units import HOURS_A_MONTH, Thing, UnitPrice
from ec2kit.errors import NotFound
from ec2kit.model.money import Money

UPDATE = "ec2kit cost prices --update"


class Shelf(Protocol):
    """Prices of one source: a book that was imported, the table that comes with ec2kit."""

    def machine(self, machine: Machine) -> PriceList | None:
        """The prices of a machine, None when it has none."""

    def unit(self, thing: Thing) -> UnitPrice | None:
        """The price of what a machine hangs on, None when it has none."""

    def machines(self) -> Iterator[Machine]:
        """Every machine that it has prices of."""

    def things(self) -> Iterator[Thing]:
        """Everything else that it has prices of."""


@dataclass(frozen=True)
class PriceBook:
    """Shelves, the one that goes before first. With a time, only prices that were published until then."""

    shelves: tuple[Shelf, ...] = field(default=())
    at: datetime | None = None

    def machine(self, machine: Machine) -> PriceList:
        """The prices of a machine. Raises `NotFound`."""
        for shelf in self.shelves:
            if (found := shelf.machine(machine)) is not None and self._known(found.published):
                return found
        raise NotFound(
            f"there is no price for {machine} in the price book{self._until}",
            hint=f"{UPDATE} {machine.type} --region {machine.region}",
            resource=machine.type,
        )

    def unit(self, thing: Thing) -> UnitPrice:
        """The price of what a machine hangs on. Raises `NotFound`."""
        for shelf in self.shelves:
            if (found := shelf.unit(thing)) is not None and self._known(found.published):
                return found
        raise NotFound(
            f"there is no price for {thing} in the price book{self._until}",
            hint=f"{UPDATE} --region {thing.region}",
            resource=str(thing),
        )

    def monthly(self, machine: Machine) -> Money:
        """What a machine that never stops costs a month on demand: 730 hours. Raises `NotFound`."""
        price = self.machine(machine).on_demand
        return Money(price.hourly * HOURS_A_MONTH, price.currency)

    def _known(self, published: datetime | None) -> bool:
        return self.at is None or published is None or published <= self.at

    @property
    def _until(self) -> str:
        return "" if self.at is None else f" of {self.at:%Y-%m-%d} or before"


@dataclass(frozen=True)
class Prices:
    """A shelf in memory: what was read, or asked of AWS."""

    lists: tuple[PriceList, ...] = ()
    units: tuple[UnitPrice, ...] = ()

    def machine(self, machine: Machine) -> PriceList | None:
        """The newest that is of this machine."""
        return _newest(each for each in self.lists if each.machine == machine)

    def unit(self, thing: Thing) -> UnitPrice | None:
        """The newest of this thing."""
        return _newest(each for each in self.units if each.thing == thing)

    def machines(self) -> Iterator[Machine]:
        """Those of its lists."""
        yield from sorted({each.machine for each in self.lists})

    def things(self) -> Iterator[Thing]:
        """Those of its units."""
        yield from sorted({each.thing for each in self.units})


_Dated = TypeVar("_Dated", PriceList, UnitPrice)


def _newest(found: Iterable[_Dated]) -> _Dated | None:
    return max(found, key=lambda each: (each.published is not None, each.published), default=None)
