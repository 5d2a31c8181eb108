"""The price book as those ask it who add up what stands: an unknown price is None, and told with the others."""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.price import Machine
from ec2kit.costs.prices.units import Kind, Thing
from ec2kit.costs.standing import Rate
from ec2kit.errors import NotFound


@dataclass(frozen=True)
class BookRates:
    """Rates from a price book (`ec2kit.costs.standing.Rates`)."""

    book: PriceBook

    def machine(self, machine: Machine) -> Rate | None:
        """An hour of it, on demand."""
        try:
            found = self.book.machine(machine)
        except NotFound:
            return None
        price = found.on_demand
        return Rate(price.hourly, price.currency, found.source, found.published)

    def volume(self, region: str, type: str) -> Rate | None:
        """A GiB of a volume for a month."""
        return self._unit(region, Kind.VOLUME, type)

    def iops(self, region: str, type: str) -> Rate | None:
        """One IOPS for a month."""
        return self._unit(region, Kind.IOPS, type)

    def throughput(self, region: str, type: str) -> Rate | None:
        """One MiB/s for a month."""
        return self._unit(region, Kind.THROUGHPUT, type)

    def snapshot(self, region: str) -> Rate | None:
        """A GiB of snapshots for a month, in the standard tier."""
        return self._unit(region, Kind.SNAPSHOT, "standard")

    def address(self, region: str) -> Rate | None:
        """An hour of a public IPv4 address: in use and idle cost the same (AWS, "Public IPv4 address charge")."""
        return self._unit(region, Kind.ADDRESS, "in-use")

    def _unit(self, region: str, kind: Kind, type: str) -> Rate | None:
        try:
            found = self.book.unit(Thing(region, kind, type))
        except NotFound:
            return None
        return Rate(found.amount, found.currency, found.source, found.published)
