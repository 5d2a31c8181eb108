"""Savings plans in the sandbox: what is sold, what was bought, and what an hour of a machine costs under each.

Savings Plans API Reference. Of rates there is a row for each plan, machine and usage; those of unused reserved capacity
(`UnusedBox`) are there too, as on AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ec2kit.model.regions import LOCATIONS
from ec2kit.sandbox import rates
from ec2kit.sandbox.accounts import account_of
from ec2kit.sandbox.billing import PREFIXES
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.plan_offerings import PlanOffering, is_admitted, offerings
from ec2kit.sandbox.plan_purchases import Params, Refused, bought, buy, delete_queued, terms_of
from ec2kit.sandbox.price_list import SYSTEMS
from ec2kit.sandbox.rules.reservations import PLATFORMS
from ec2kit.sandbox.shapes import AwsError, error_answer
from ec2kit.sandbox.wire import Answer, Request

MOST = 1000
"""Items in a page (API Reference: MaxResults, 1 to 1000)."""
MOST_ROWS = 100
"""Machines whose rates are told at once."""
Row = dict[str, Any]
Told = dict[str, Any]
REGIONS = tuple(sorted(set(LOCATIONS.values())))
PLAN_FILTERS: Mapping[str, Callable[[Told], object]] = {
    "region": lambda plan: plan.get("region", ""),
    "ec2-instance-family": lambda plan: plan.get("ec2InstanceFamily", ""),
    "instance-family": lambda plan: plan.get("ec2InstanceFamily", ""),
    "commitment": lambda plan: plan["commitment"],
    "upfront": lambda plan: plan["upfrontPaymentAmount"],
    "term": lambda plan: plan["termDurationInSeconds"],
    "savings-plan-type": lambda plan: plan["savingsPlanType"],
    "payment-option": lambda plan: plan["paymentOption"],
    "start": lambda plan: plan["start"],
    "end": lambda plan: plan["end"],
}


class SavingsPlansService:
    """Answers the calls of the service `savingsplans`. The caller holds the lock."""

    def __init__(self, types: Callable[[], Sequence[str]]) -> None:
        """`types` are the instance types that are sold."""
        self._types = types
        self._by_id: dict[str, PlanOffering] = {}
        self._actions: dict[str, Callable[[Params, str], Told]] = {
            "CreateSavingsPlan": self._buy,
            "DeleteQueuedSavingsPlan": self._delete,
            "DescribeSavingsPlanRates": self._own_rates,
            "DescribeSavingsPlans": self._owned,
            "DescribeSavingsPlansOfferingRates": self._rates,
            "DescribeSavingsPlansOfferings": self._offered,
        }

    def knows(self, action: str) -> bool:
        """Whether it answers this action."""
        return action in self._actions

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; what the caller did wrong is an answer too."""
        try:
            told = self._actions[call.action](_params(request), account_of(request))
        except Refused as refused:
            wrong = AwsError(refused.code, str(refused), refused.status)
            return error_answer(call, wrong, request_id)
        headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id))
        return Answer(200, headers, json.dumps(told).encode())

    def _offered(self, params: Params, _account: str) -> Told:
        found = [each.told() for each in self._sold(params) if is_admitted(each, params)]
        return _page(found, "searchResults", params)

    def _sold(self, params: Params) -> Iterator[PlanOffering]:
        """What is sold where the filters of a request say: filters by region or family leave no compute plan."""
        wanted = _filters(params, ("region", "instanceFamily"))
        families = sorted({each.partition(".")[0] for each in self._types()})
        within = offerings(
            [each for each in REGIONS if each in wanted.get("region", REGIONS)],
            [each for each in families if each in wanted.get("instanceFamily", families)],
        )
        return (each for each in within if each.family or not wanted)

    def _buy(self, params: Params, account: str) -> Told:
        wanted = params.get("savingsPlanOfferingId")
        self._by_id = self._by_id or {each.id: each for each in self._sold({})}
        found = self._by_id.get(str(wanted))
        if found is None:
            what = f"there is no savings plan offering {wanted}"
            raise Refused(what, "ResourceNotFoundException", 404)
        token = str(params.get("clientToken") or "")
        return {"savingsPlanId": buy(account, terms_of(params, found), token).id}

    def _delete(self, params: Params, account: str) -> Told:
        delete_queued(account, str(params.get("savingsPlanId", "")))
        return {}

    def _owned(self, params: Params, account: str) -> Told:
        wanted = _filters(params, tuple(PLAN_FILTERS))
        names = {"savingsPlanIds": "savingsPlanId", "savingsPlanArns": "savingsPlanArn", "states": "state"}
        found = [
            told
            for told in (each.told() for each in bought(account))
            if all(not params.get(name) or told[key] in params[name] for name, key in names.items())
            and all(str(PLAN_FILTERS[name](told)) in values for name, values in wanted.items())
        ]
        return _page(found, "savingsPlans", params)

    def _rates(self, params: Params, _account: str) -> Told:
        names = ("region", "instanceType", "productDescription", "tenancy", "instanceFamily")
        wanted = _filters(params, names)
        plans = params.get("savingsPlanTypes")
        payments = params.get("savingsPlanPaymentOptions")
        ids = params.get("savingsPlanOfferingIds")
        found = [
            row
            for region, type_ in self._machines(wanted)
            for plan in offerings((region,), (type_.partition(".")[0],))
            if (not plans or plan.plan in plans)
            and (not payments or plan.payment in payments)
            and (not ids or plan.id in ids)
            for row in _rows(plan, region, type_, wanted)
        ]
        return _page(found, "searchResults", params)

    def _own_rates(self, params: Params, account: str) -> Told:
        """Those of a plan that somebody owns, for what it is good for (API Reference, DescribeSavingsPlanRates)."""
        id = params.get("savingsPlanId")
        plan = next((each for each in bought(account) if each.id == id), None)
        if plan is None:
            raise Refused(f"there is no savings plan {id}", "ResourceNotFoundException", 404)
        offering = plan.terms.offering
        wanted = _filters(params, ("region", "instanceType", "productDescription", "tenancy"))
        if offering.family:
            here = wanted.get("region", {offering.region}) & {offering.region}
            wanted = {**wanted, "region": here, "instanceFamily": {offering.family}}
        rows = [
            row for region, type_ in self._machines(wanted) for row in _rows(offering, region, type_, wanted)
        ]
        for row in rows:
            row["currency"] = row.pop("savingsPlanOffering")["currency"]
            for each in row["properties"]:
                each["name"] = "region" if each["name"] == "regionCode" else each["name"]
        return {"savingsPlanId": id, **_page(rows, "searchResults", params)}

    def _machines(self, wanted: Mapping[str, set[str]]) -> list[tuple[str, str]]:
        """Regions and types whose rates are asked for. Raises `Refused` for more than fit an answer here."""
        types = [
            each
            for each in self._types()
            if each in wanted.get("instanceType", {each})
            and each.partition(".")[0] in wanted.get("instanceFamily", {each.partition(".")[0]})
        ]
        regions = [each for each in REGIONS if each in wanted.get("region", REGIONS)]
        if len(types) * len(regions) > MOST_ROWS:
            raise Refused("name a region and an instanceType: the sandbox does not tell so many at once")
        return [(region, type_) for region in regions for type_ in types]


def _rows(plan: PlanOffering, region: str, type_: str, wanted: Mapping[str, set[str]]) -> Iterator[Row]:
    for system, platform in PLATFORMS.items():
        told = {
            "regionCode": region,
            "instanceType": type_,
            "productDescription": platform,
            "tenancy": "shared",
            "instanceFamily": type_.partition(".")[0],
        }
        if any(
            told[name] not in wanted.get(name, {told[name]}) for name in ("productDescription", "tenancy")
        ):
            continue
        operation, times = SYSTEMS[system]
        for usage in (f"BoxUsage:{type_}", f"UnusedBox:{type_}"):
            yield {
                "savingsPlanOffering": plan.as_parent(),
                "rate": f"{rates.machine(type_) * times * plan.share:.6f}",
                "unit": "Hrs",
                "productType": "EC2",
                "serviceCode": "AmazonEC2",
                "usageType": PREFIXES.get(region, f"{region}-") + usage,
                "operation": operation,
                "properties": [{"name": name, "value": value} for name, value in told.items()],
            }


def _filters(params: Params, names: Sequence[str]) -> dict[str, set[str]]:
    """By name; several filters must all hold, of one's values any."""
    found: dict[str, set[str]] = {}
    for each in params.get("filters") or []:
        if each.get("name") not in names:
            raise Refused(f"the filter {each.get('name')} is unknown here")
        found[each["name"]] = {str(value) for value in each.get("values") or []}
    return found


def _page(found: Sequence[Told], name: str, params: Params) -> Told:
    """A page, and the token of the next; the last one's is empty, as AWS's."""
    most = params.get("maxResults") or MOST
    if not isinstance(most, int) or not 1 <= most <= MOST:
        raise Refused(f"maxResults must be from 1 to {MOST}")
    begin = _offset(params.get("nextToken"), len(found))
    token = base64.b64encode(f"{begin + most}/{len(found)}".encode()).decode()
    more = begin + most < len(found)
    return {name: list(found[begin : begin + most]), "nextToken": token if more else ""}


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
