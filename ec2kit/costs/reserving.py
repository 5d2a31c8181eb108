"""Every offer for a machine beside its price on demand: what each comes to, and what it would save. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ec2kit.costs.comparing import Comparison
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.costs.prices.price import Offers, Price, PriceList
from ec2kit.model.money import Money

MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Choice:
    """One way to pay for `count` machines that run a share of the time; without a commitment it is on demand.

    Amounts are for all of them. `total` is for the term, `yearly` for a year of it: offers of one and of three years
    are compared by that. On demand both are for a year.
    """

    price: Price
    count: int
    utilization: Decimal
    on_demand: Price | None
    """None where it is not known: then no saving is."""
    interest: Decimal = Decimal(0)
    """A year's, as a share: what money is worth meanwhile, for `present_value`."""
    source: str = ""
    """Where the prices are from."""
    published: datetime | None = None
    """How old they are: the oldest of them; None where nobody knows, or where they were asked for now."""

    @property
    def years(self) -> int:
        """The term; 1 on demand."""
        return self.price.commitment.term.years if self.price.commitment else 1

    @property
    def upfront(self) -> Money:
        """What is paid at once."""
        return self._money(self.price.upfront)

    @property
    def monthly(self) -> Money:
        """What a month's bill has of it, of twelve equal months: every hour of the term, on demand those that run."""
        return self._fees / MONTHS_A_YEAR

    @property
    def total(self) -> Money:
        """What the term costs."""
        return self.upfront + self._fees * self.years

    @property
    def yearly(self) -> Money:
        """What a year of it costs."""
        return self.total / self.years

    @property
    def present_value(self) -> Money:
        """What the term costs in today's money (net present value): what is paid later weighs less by the interest.

        The upfront now, and each month's fee at the month's end, discounted by (1 + interest)^(months / 12).
        """
        months = self.years * MONTHS_A_YEAR
        factor = 1 + self.interest
        later = sum(
            (1 / factor ** (Decimal(month) / MONTHS_A_YEAR) for month in range(1, months + 1)), Decimal(0)
        )
        return self.upfront + self.monthly * later

    @property
    def effective_hourly(self) -> Money:
        """What an hour of one machine's use costs, with its share of the upfront and of the hours that are not used."""
        used = HOURS_A_YEAR * self.years * self.utilization
        return self.total / self.count / used

    @property
    def saving(self) -> Money | None:
        """How much less a year costs than on demand; below zero when it costs more."""
        if self.on_demand is None:
            return None
        return self._money(self.on_demand.hourly * HOURS_A_YEAR * self.utilization) - self.yearly

    @property
    def saving_share(self) -> Decimal | None:
        """The saving as a share of a year on demand."""
        if self.saving is None:
            return None
        return self.saving.amount / (self.saving.amount + self.yearly.amount)

    @property
    def break_even_hours(self) -> Decimal | None:
        """The hours of use in the term from which on it costs less; None on demand, and where that is not known."""
        return self._break_even[0]

    @property
    def break_even_share(self) -> Decimal | None:
        """The same as a share of the term; above 1 it never pays."""
        return self._break_even[1]

    @property
    def _fees(self) -> Money:
        """The hourly fees of a year."""
        hours = HOURS_A_YEAR if self.price.commitment else HOURS_A_YEAR * self.utilization
        return self._money(self.price.hourly * hours)

    @property
    def _break_even(self) -> tuple[Decimal | None, Decimal | None]:
        if self.price.commitment is None or self.on_demand is None:
            return None, None
        found = Comparison(self.on_demand.hourly, self.price.offer).break_even()
        return found.hours, found.share

    def _money(self, amount: Decimal) -> Money:
        return Money(amount * self.count, self.price.currency)


def choices(
    prices: PriceList | Offers, count: int, utilization: Decimal, interest: Decimal = Decimal(0)
) -> tuple[Choice, ...]:
    """Given a machine's prices, how many there are (1 or more) and what share of the time they run (above 0), return
    every way to pay, the cheapest year first, on demand among them where that is known."""
    ways = (*([prices.on_demand] if prices.on_demand else []), *prices.reserved)
    published = None if isinstance(prices, Offers) else prices.published
    found = [
        Choice(price, count, utilization, prices.on_demand, interest, prices.source, published)
        for price in ways
    ]
    return tuple(sorted(found, key=lambda each: (each.yearly.amount, each.years, each.upfront.amount)))
