"""AWS's prices of machines now: its price list, or where that cannot be asked, what EC2 itself sells; savings plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from ec2kit.aws import Aws
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.cli.price_book import book_of
from ec2kit.costs.prices.live import machine_offers, machine_prices, with_plans
from ec2kit.costs.prices.offerings import joined
from ec2kit.costs.prices.price import Machine, Offers, PriceList
from ec2kit.errors import Ec2kitError, NotFound

_Known = TypeVar("_Known", PriceList, Offers)


@dataclass
class PriceSources:
    """Those of one region. What was refused once is not asked again."""

    context: Context
    aws: Aws
    refused: Ec2kitError | None = field(default=None)
    """Why the price list could not be asked."""
    reasons: list[str] = field(default_factory=list)
    """Why sources could not be asked, in words, in their order."""

    def ask(self, machine: Machine) -> PriceList | Offers:
        """The prices of a machine, savings plans among them; `Offers` where nobody knows one on demand.

        Raises `NotFound` and `MalformedPrices`, and what calling AWS raises when neither source could be asked.
        """
        if self.refused is None:
            try:
                return self._with_plans(machine_prices(self.aws, machine))
            except UNREACHED as error:
                self.refused = error
                self.reasons.append(f"AWS's price list could not be asked: {error.message}")
                self.context.say(self.reasons[-1])
        try:
            offers, told = machine_offers(self.aws, machine)
        except UNREACHED as error:
            self.reasons.append(f"EC2 could not be asked what it sells: {error.message}")
            raise
        if told.left_out:
            self.context.say(f"left out of what EC2 sells: {', '.join(told.left_out)}")
        try:
            known = book_of(self.context).machine(machine)
        except NotFound:
            if not offers.reserved:
                raise
        else:
            if {each.currency for each in offers.reserved} <= {known.on_demand.currency}:
                return self._with_plans(joined(known, offers))
        return self._with_plans(offers)

    def _with_plans(self, prices: _Known) -> _Known:
        """With savings plans, or without them and the reason where AWS does not tell."""
        try:
            return with_plans(self.aws, prices)
        except UNREACHED as error:
            self.context.say(f"without savings plans, which could not be asked for: {error.message}")
            return prices
