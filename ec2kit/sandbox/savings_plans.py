"""Savings plans in the sandbox: what an hour of a machine costs under each, at invented rates. None can be bought here.

Savings Plans API Reference, DescribeSavingsPlansOfferingRates: a row for each plan, machine and usage; those of unused
reserved capacity (`UnusedBox`) are there too, as on AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from ec2kit.model.regions import LOCATIONS
from ec2kit.sandbox import rates
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.price_list import INVENTED, SYSTEMS
from ec2kit.sandbox.rules.reservations import PLATFORMS
from ec2kit.sandbox.shapes import AwsError, error_answer
from ec2kit.sandbox.wire import Answer, Request

SECONDS = {1: 31_536_000, 3: 94_608_000}
SHARES = {
    ("Compute", 1): ("0.72", "0.70", "0.69"),
    ("Compute", 3): ("0.50", "0.47", "0.46"),
    ("EC2Instance", 1): ("0.63", "0.60", "0.59"),
    ("EC2Instance", 3): ("0.43", "0.40", "0.38"),
}
"""What an hour costs as a share of the price on demand: nothing upfront, a part, all."""
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
MOST = 1000
Params = Mapping[str, Any]
Row = dict[str, Any]


class Refused(Exception):
    """What the caller did wrong."""


class SavingsPlansService:
    """Answers the calls of the service `savingsplans`. The caller holds the lock."""

    def __init__(self, types: Callable[[], Sequence[str]]) -> None:
        """`types` are the instance types that are sold."""
        self._types = types
        self._actions: dict[str, Callable[[Params], dict[str, Any]]] = {
            "DescribeSavingsPlansOfferingRates": self._rates,
            "DescribeSavingsPlans": lambda _params: {"savingsPlans": []},
        }

    def knows(self, action: str) -> bool:
        """Whether it answers this action."""
        return action in self._actions

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; what the caller did wrong is an answer too."""
        try:
            told = self._actions[call.action](_params(request))
        except Refused as refused:
            return error_answer(call, AwsError("ValidationException", str(refused)), request_id)
        headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id))
        return Answer(200, headers, json.dumps(told).encode())

    def _rates(self, params: Params) -> dict[str, Any]:
        wanted = {
            str(each["name"]): {str(value) for value in each["values"]} for each in params.get("filters", [])
        }
        plans = params.get("savingsPlanTypes") or ["Compute", "EC2Instance"]
        payments = params.get("savingsPlanPaymentOptions") or list(PAYMENTS)
        found = [
            row
            for row in self._sold(wanted)
            if row["savingsPlanOffering"]["planType"] in plans
            and row["savingsPlanOffering"]["paymentOption"] in payments
        ]
        most = params.get("maxResults", MOST)
        if not isinstance(most, int) or not 1 <= most <= MOST:
            raise Refused(f"maxResults must be from 1 to {MOST}")
        begin = _offset(params.get("nextToken"), len(found))
        token = base64.b64encode(f"{begin + most}/{len(found)}".encode()).decode()
        more = begin + most < len(found)
        return {"searchResults": found[begin : begin + most], "nextToken": token if more else ""}

    def _sold(self, wanted: Mapping[str, set[str]]) -> Iterator[Row]:
        for name in wanted:
            if name not in ("region", "instanceType", "productDescription", "tenancy", "instanceFamily"):
                raise Refused(f"the filter {name} is unknown here")
        types = [each for each in self._types() if each in wanted.get("instanceType", {each})]
        regions = sorted(set(LOCATIONS.values()) & wanted.get("region", set(LOCATIONS.values())))
        if len(types) * len(regions) > 100:
            raise Refused("name a region and an instanceType: the sandbox does not tell so many at once")
        for region in regions:
            for type_ in types:
                for system, platform in PLATFORMS.items():
                    if platform in wanted.get("productDescription", {platform}) and "shared" in wanted.get(
                        "tenancy", {"shared"}
                    ):
                        yield from _rows(region, type_, system)


def _rows(region: str, type_: str, system: str) -> Iterator[Row]:
    operation, times = SYSTEMS[system]
    hourly = rates.machine(type_) * times
    for (plan, years), shares in SHARES.items():
        for payment, share in zip(PAYMENTS, map(Decimal, shares), strict=True):
            words = (plan, str(years), payment, region if plan == "EC2Instance" else "")
            offering = {
                "offeringId": str(uuid5(NAMESPACE_OID, "/".join(words))),
                "paymentOption": payment,
                "planType": plan,
                "durationSeconds": SECONDS[years],
                "currency": "USD",
                "planDescription": INVENTED,
            }
            told = {
                "regionCode": region,
                "instanceType": type_,
                "productDescription": PLATFORMS[system],
                "tenancy": "shared",
            }
            for usage in (f"BoxUsage:{type_}", f"UnusedBox:{type_}"):
                yield {
                    "savingsPlanOffering": offering,
                    "rate": f"{hourly * share:.6f}",
                    "unit": "Hrs",
                    "productType": "EC2",
                    "serviceCode": "AmazonEC2",
                    "usageType": usage,
                    "operation": operation,
                    "properties": [
                        {"name": name, "value": value}
                        for name, value in {**told, "instanceFamily": type_.partition(".")[0]}.items()
                    ],
                }


def _params(request: Request) -> Params:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refused("the body is no JSON") from error
    return found if isinstance(found, Mapping) else {}


def _offset(token: object, total: int) -> int:
    if not token:
        return 0
    try:
        begin, _, whole = base64.b64decode(str(token), validate=True).decode().partition("/")
        if int(whole) == total and 0 < int(begin) < total:
            return int(begin)
    except (ValueError, binascii.Error):
        pass
    raise Refused("nextToken is invalid")
