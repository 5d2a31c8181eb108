"""Savings plans: those that are owned, and what an hour of a machine costs under each that is owned or sold.

The service has one endpoint. Its answers are in pages without a paginator of botocore's; the last token is empty. The
same filter gives the rows of reserved capacity that is not used (`UnusedBox`), which are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ec2kit.aws.door import Door
from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.model.reservations import PlanRate
from ec2kit.model.savings_plans import OwnedPlan, parse_plan

PLANS = ("Compute", "EC2Instance")
MOST_PAGES = 50
STATES = ("active", "payment-pending", "queued", "retired")
"""Of plans that are good, will be, or were: one that ended last week covered the week before."""
_BOX = re.compile(r"(?:^|-)BoxUsage:", re.ASCII)
"""The usage of machines with shared tenancy, with or without the region's prefix: EUC1-BoxUsage:u-6tb1.metal."""


@dataclass(frozen=True)
class SavingsPlans:
    """The plans that the account has, and those that AWS sells."""

    door: Door

    def owned(self) -> tuple[OwnedPlan, ...]:
        """Those that the account has, in whatever region; those for other things than machines too.

        Raises `Ec2kitError` for an answer that is none.
        """
        pages = self._pages(self.door.clients.savingsplans.describe_savings_plans, states=list(STATES))
        found = [plan for page in pages for plan in page.get("savingsPlans", ())]
        try:
            return tuple(
                parse_plan(plan, f"savings plan {at + 1} of AWS's answer") for at, plan in enumerate(found)
            )
        except UsageError as error:
            raise Ec2kitError(error.message) from error

    def rates_of(self, plan: str, region: str, types: Iterable[str]) -> dict[tuple[str, str], Decimal]:
        """What an hour costs under a plan that is owned, by type and platform, with shared tenancy.

        These are its own rates, which stay as they were when it was bought. What it is not good for is not among them.
        """
        asked = {"region": [region], "instanceType": sorted(types), "tenancy": ["shared"]}
        pages = self._pages(
            self.door.clients.savingsplans.describe_savings_plan_rates,
            savingsPlanId=plan,
            filters=[{"name": name, "values": values} for name, values in asked.items()],
        )
        found: dict[tuple[str, str], Decimal] = {}
        for row in (row for page in pages for row in page.get("searchResults", ())):
            told = {each["name"]: each["value"] for each in row.get("properties", ())}
            key = (told.get("instanceType", ""), told.get("productDescription", ""))
            rate = Decimal(str(row["rate"]))
            if row.get("unit") == "Hrs" and _is_machine(row) and found.setdefault(key, rate) != rate:
                raise Ec2kitError(f"the savings plan {plan} has two rates for {key[0]} in {region}")
        return found

    def rates(self, region: str, type: str, platform: str) -> tuple[PlanRate, ...]:
        """Each plan's rate for an instance type with shared tenancy; `platform` is `Linux/UNIX`, `Windows`, …

        Raises `Ec2kitError` when a plan has two rates for it.
        """
        found: dict[tuple[str, int, str], PlanRate] = {}
        for rate in self._rates(region, type, platform):
            key = (rate.plan, rate.seconds, rate.payment)
            if found.setdefault(key, rate) != rate:
                raise Ec2kitError(f"{' '.join(map(str, key))} has two rates for {type} in {region}")
        return tuple(found[key] for key in sorted(found))

    def _rates(self, region: str, type: str, platform: str) -> Iterator[PlanRate]:
        asked = {"region": region, "instanceType": type, "productDescription": platform, "tenancy": "shared"}
        pages = self._pages(
            self.door.clients.savingsplans.describe_savings_plans_offering_rates,
            savingsPlanTypes=list(PLANS),
            products=["EC2"],
            serviceCodes=["AmazonEC2"],
            filters=[{"name": name, "values": [value]} for name, value in asked.items()],
        )
        for row in (row for page in pages for row in page.get("searchResults", ())):
            if row.get("unit") == "Hrs" and _is_machine(row):
                yield _rate(row)

    def _pages(self, call: Any, **asked: Any) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self.door.read(call, **asked, **more)
            yield page
            if not page.get("nextToken"):
                return
            more = {"nextToken": page["nextToken"]}
        raise Ec2kitError(f"AWS's answer about savings plans has more than {MOST_PAGES} pages")


def _is_machine(row: Mapping[str, Any]) -> bool:
    return _BOX.search(str(row.get("usageType", ""))) is not None


def _rate(row: Mapping[str, Any]) -> PlanRate:
    offering = row["savingsPlanOffering"]
    return PlanRate(
        offering["planType"],
        int(offering["durationSeconds"]),
        offering["paymentOption"],
        Decimal(str(row["rate"])),
        offering.get("currency", "USD"),
    )
