"""Which savings plans the sandbox sells, at invented rates. Pure.

A compute plan for each term and payment, and an EC2 instance plan for each of them in each family and region.

Savings Plans API Reference, DescribeSavingsPlansOfferings; Savings Plans User Guide, "Types of Savings Plans".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from ec2kit.sandbox.billing import PREFIXES

SECONDS = {1: 31_536_000, 3: 94_608_000}
COMPUTE, INSTANCE = "Compute", "EC2Instance"
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
SHARES: Mapping[tuple[str, int], Mapping[str, Decimal]] = {
    key: dict(zip(PAYMENTS, map(Decimal, shares), strict=True))
    for key, shares in {
        (COMPUTE, 1): ("0.72", "0.70", "0.69"),
        (COMPUTE, 3): ("0.50", "0.47", "0.46"),
        (INSTANCE, 1): ("0.63", "0.60", "0.59"),
        (INSTANCE, 3): ("0.43", "0.40", "0.38"),
    }.items()
}
"""What an hour costs as a share of the price on demand."""
PRODUCTS = {COMPUTE: ("EC2", "Fargate", "Lambda"), INSTANCE: ("EC2",)}
"""What each plan is good for on AWS. The sandbox has no Fargate, and no Lambda that costs anything."""
CURRENCY, OPERATION = "USD", ""
CODE = "ComputeSavingsPlans"
"""On bills both kinds have this service."""
_WORDS = {COMPUTE: "Compute Savings Plan", INSTANCE: "EC2 Instance Savings Plan"}


@dataclass(frozen=True, order=True)
class PlanOffering:
    """A plan that is sold. `region` and `family` are empty for a compute plan, which is good in all of them."""

    plan: str
    years: int
    payment: str
    region: str = ""
    family: str = ""

    @property
    def id(self) -> str:
        """The same each time."""
        words = (self.plan, str(self.years), self.payment, self.region, self.family)
        return str(uuid5(NAMESPACE_OID, "/".join(words)))

    @property
    def seconds(self) -> int:
        """The term."""
        return SECONDS[self.years]

    @property
    def share(self) -> Decimal:
        """What an hour under it costs, as a share of the price on demand."""
        return SHARES[self.plan, self.years][self.payment]

    @property
    def description(self) -> str:
        """In words; only of characters that AWS's pattern for it has."""
        where = f" for {self.family} in {self.region}" if self.family else ""
        return f"{self.years} year {self.payment} {_WORDS[self.plan]}{where} - invented by ec2kit"

    @property
    def usage(self) -> str:
        """Its usage type on a bill: `ComputeSP:1yrNoUpfront`, `EU-EC2SP:t3.1yrNoUpfront`."""
        way = f"{self.years}yr{self.payment.replace(' ', '')}"
        if self.plan == COMPUTE:
            return f"ComputeSP:{way}"
        return f"{PREFIXES.get(self.region, f'{self.region}-')}EC2SP:{self.family}.{way}"

    def told(self) -> dict[str, Any]:
        """As DescribeSavingsPlansOfferings tells it."""
        properties = {"region": self.region, "instanceFamily": self.family} if self.family else {}
        return {
            "offeringId": self.id,
            "productTypes": list(PRODUCTS[self.plan]),
            "planType": self.plan,
            "description": self.description,
            "paymentOption": self.payment,
            "durationSeconds": self.seconds,
            "currency": CURRENCY,
            "serviceCode": CODE,
            "usageType": self.usage,
            "operation": OPERATION,
            "properties": [{"name": name, "value": value} for name, value in properties.items()],
        }

    def as_parent(self) -> dict[str, Any]:
        """As a row of DescribeSavingsPlansOfferingRates names the plan that it is of."""
        return {
            "offeringId": self.id,
            "paymentOption": self.payment,
            "planType": self.plan,
            "durationSeconds": self.seconds,
            "currency": CURRENCY,
            "planDescription": self.description,
        }


def offerings(regions: Iterable[str], families: Iterable[str]) -> Iterator[PlanOffering]:
    """Given the regions and families that are asked for, yield what is sold: the compute plans in any case."""
    ways = [(years, payment) for years in SECONDS for payment in PAYMENTS]
    for years, payment in ways:
        yield PlanOffering(COMPUTE, years, payment)
    wanted = list(families)
    for region in regions:
        for family in wanted:
            for years, payment in ways:
                yield PlanOffering(INSTANCE, years, payment, region, family)


_LISTS: Mapping[str, Callable[[PlanOffering], object]] = {
    "planTypes": lambda offering: offering.plan,
    "paymentOptions": lambda offering: offering.payment,
    "durations": lambda offering: offering.seconds,
    "currencies": lambda _offering: CURRENCY,
    "serviceCodes": lambda _offering: CODE,
    "operations": lambda _offering: OPERATION,
    "usageTypes": lambda offering: offering.usage,
    "descriptions": lambda offering: offering.description,
    "offeringIds": lambda offering: offering.id,
}
"""A request's lists, and what of an offering each is for; what takes longest comes last."""


def is_admitted(offering: PlanOffering, params: Mapping[str, Any]) -> bool:
    """Given an offering and a request for offerings, return whether it is asked for.

    Each list of the request must have it; an absent or empty one has all (Savings Plans API Reference,
    DescribeSavingsPlansOfferings).
    """
    product = params.get("productType")
    return (not product or product in PRODUCTS[offering.plan]) and all(
        not params.get(name) or found(offering) in params[name] for name, found in _LISTS.items()
    )
