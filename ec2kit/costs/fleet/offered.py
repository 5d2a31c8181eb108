"""What a market's machines cost on demand, and what may be reserved for them: from the price book. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ec2kit.costs.fleet.hours import Market, Pool
from ec2kit.costs.fleet.sizes import SHARED, family_of, is_flexible, quarters
from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import UPDATE, PriceBook
from ec2kit.costs.prices.price import BY_PLATFORM, Machine, OfferingClass, Payment, Price, PriceList, System
from ec2kit.errors import NotFound
from ec2kit.model.money import Money


@dataclass(frozen=True)
class Wanted:
    """Which offers are looked at; None is any. Savings plans are none of them: they are matched otherwise."""

    term: Term | None = None
    offering_class: OfferingClass | None = None
    payment: Payment | None = None

    def admits(self, price: Price) -> bool:
        """Whether it is such an offer."""
        bound = price.commitment
        return (
            bound is not None
            and not bound.offering_class.is_plan
            and self.term in (None, bound.term)
            and self.offering_class in (None, bound.offering_class)
            and self.payment in (None, bound.payment)
        )


@dataclass(frozen=True)
class Offered:
    """A market's prices: an hour on demand by type, and the offers for the smallest type that has some."""

    market: Market
    lists: Mapping[str, PriceList] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    """Types that run and have no price."""
    unit: Machine | None = None
    """What one would reserve."""
    offers: tuple[Price, ...] = ()
    others: bool = False
    """Whether there are offers, but none of those that are looked at."""

    def hourly(self, type: str) -> Decimal | None:
        """An hour on demand."""
        found = self.lists.get(type)
        return found.on_demand.hourly if found else None

    @property
    def hint(self) -> str:
        """How to get the prices that are missing; empty when none is."""
        missing = self.unpriced or (() if self.offers or self.others else tuple(self.lists))
        system = BY_PLATFORM.get(self.market.platform)
        if not missing or system is None:
            return ""
        which = "" if system is System.LINUX else f" --os {system}"
        return f"{UPDATE} {' '.join(missing)}{which} --region {self.market.region}"


def machine_of(region: str, type: str, platform: str) -> Machine | None:
    """What the price book calls it; None for a platform that it does not price."""
    system = BY_PLATFORM.get(platform)
    return Machine(region, type, system) if system else None


@dataclass
class Offers:
    """The price book, looked through once: asked for one market after another, and remembering what it gave."""

    book: PriceBook
    wanted: Wanted = Wanted()
    _found: dict[Machine, PriceList | None] = field(default_factory=dict)
    _used: dict[Machine, PriceList] = field(default_factory=dict)
    _families: dict[tuple[str, System, str], list[str]] | None = None

    @property
    def used(self) -> tuple[PriceList, ...]:
        """What answers stand on: what was looked at and had nothing to offer is not among it."""
        return tuple(self._used[machine] for machine in sorted(self._used))

    def of(self, market: Market, pools: Iterable[Pool]) -> Offered:
        """Given a market and what runs in it, return its prices."""
        types = sorted({pool.type for pool in pools}, key=_by_size)
        priced = {type: found for type in types if (found := self._prices(market, type))}
        # No sum hides an exchange rate: what is priced in another currency than the first is as good as not priced.
        currency = next((found.on_demand.currency for found in priced.values()), None)
        lists = {type: found for type, found in priced.items() if found.on_demand.currency == currency}
        self._used |= {found.machine: found for found in lists.values()}
        unpriced = tuple(type for type in types if type not in lists)
        others = False
        for type in self._candidates(market, types):
            found = lists.get(type) or self._prices(market, type)
            if found is None or found.on_demand.currency != (currency or found.on_demand.currency):
                continue
            offers = tuple(price for price in found.reserved if self._admits(price, found))
            if offers:
                self._used[found.machine] = found
                return Offered(market, {**lists, type: found}, unpriced, found.machine, offers)
            others = others or any(self._could(price) for price in found.reserved)
        return Offered(market, lists, unpriced, others=others)

    def hourly(self, pool: Pool) -> Money | None:
        """An hour of a machine on demand; None when the book has no price. It has none for dedicated tenancy."""
        found = self._prices(pool.market, pool.type) if not pool.apart else None
        if found is None:
            return None
        self._used[found.machine] = found
        return Money(found.on_demand.hourly, found.on_demand.currency)

    def listed(self, machine: Machine) -> PriceList | None:
        """The prices of a machine; None when the book has none."""
        if machine not in self._found:
            try:
                self._found[machine] = self.book.machine(machine)
            except NotFound:
                self._found[machine] = None
        return self._found[machine]

    def _admits(self, price: Price, found: PriceList) -> bool:
        return self.wanted.admits(price) and price.currency == found.on_demand.currency

    def _could(self, price: Price) -> bool:
        """Whether it is an offer for who asks for any."""
        return Wanted().admits(price)

    def _prices(self, market: Market, type: str) -> PriceList | None:
        machine = machine_of(market.region, type, market.platform)
        return self.listed(machine) if machine else None

    def _candidates(self, market: Market, types: Iterable[str]) -> list[str]:
        """What may be reserved for it, the smallest first."""
        if not market.flexible:
            return [market.what]
        known = {*types, *self._known(market)}
        return sorted((type for type in known if is_flexible(type, market.platform, SHARED)), key=_by_size)

    def _known(self, market: Market) -> list[str]:
        if self._families is None:
            self._families = {}
            for shelf in self.book.shelves:
                for machine in shelf.machines():
                    key = (machine.region, machine.system, family_of(machine.type))
                    self._families.setdefault(key, []).append(machine.type)
        return self._families.get(
            (market.region, BY_PLATFORM.get(market.platform, System.LINUX), market.what), []
        )


def _by_size(type: str) -> tuple[int, str]:
    return quarters(type) or 0, type
