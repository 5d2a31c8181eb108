"""What an hour of a machine costs under each savings plan (DescribeSavingsPlansOfferingRates).

The service has one endpoint. Its answers are in pages without a paginator of botocore's; the last token is empty. The
same filter gives the rows of reserved capacity that is not used (`UnusedBox`), which are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ec2kit.aws.door import Door
from ec2kit.errors import Ec2kitError
from ec2kit.model.reservations import PlanRate

PLANS = ("Compute", "EC2Instance")
MOST_PAGES = 50


@dataclass(frozen=True)
class SavingsPlans:
    """The plans that AWS sells."""

    door: Door

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
        more: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self.door.read(
                self.door.clients.savingsplans.describe_savings_plans_offering_rates,
                savingsPlanTypes=list(PLANS),
                products=["EC2"],
                serviceCodes=["AmazonEC2"],
                filters=[{"name": name, "values": [value]} for name, value in asked.items()],
                **more,
            )
            for row in page.get("searchResults", ()):
                if row.get("unit") == "Hrs" and _usage(row).startswith("BoxUsage:"):
                    yield _rate(row)
            if not page.get("nextToken"):
                return
            more = {"nextToken": page["nextToken"]}
        raise Ec2kitError(f"savings plans have more than {MOST_PAGES} pages for {type} in {region}")


def _usage(row: Mapping[str, Any]) -> str:
    """Without the region's prefix."""
    return str(row.get("usageType", "")).rpartition("-")[2]


def _rate(row: Mapping[str, Any]) -> PlanRate:
    offering = row["savingsPlanOffering"]
    return PlanRate(
        offering["planType"],
        int(offering["durationSeconds"]),
        offering["paymentOption"],
        Decimal(str(row["rate"])),
        offering.get("currency", "USD"),
    )
