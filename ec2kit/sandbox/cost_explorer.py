"""Cost Explorer in the sandbox: its bill, asked as AWS's is. The amounts are invented (`rates`).

The refusals are those that AWS documents, in the words that it is known to use (API Reference, GetCostAndUsage and
GetCostForecast). What the sandbox has no delay for: AWS's data are up to a day old.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ec2kit.sandbox.accounts import account_of
from ec2kit.sandbox.billing import Line, lines_of
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.cost_dates import check_days, periods
from ec2kit.sandbox.cost_filters import CostRefused, dimension, invalid, keys_of, matches
from ec2kit.sandbox.cost_forecast import forecast
from ec2kit.sandbox.rules import meter
from ec2kit.sandbox.shapes import AwsError, error_answer
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import current

NOT_YET = (
    "Data is not available. Please try to adjust the time period."
    " If just enabled Cost Explorer, data might not be ingested yet"
)
COSTS = ("UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost")
"""All the same here: nothing is reserved, and nothing is blended."""
METRICS = (*COSTS, "UsageQuantity", "NormalizedUsageAmount")
PAGE = 500
"""Groups in an answer; AWS's own number is not documented."""

Params = Mapping[str, Any]
Grouped = dict[tuple[str, ...], list[Line]]


class CostExplorerService:
    """Answers the calls of the service `ce` that are about costs. The caller holds the lock."""

    def __init__(self) -> None:
        self.page = PAGE
        self._actions: dict[str, Callable[[Params, str], dict[str, Any]]] = {
            "GetCostAndUsage": self._usage,
            "GetCostForecast": self._forecast,
            "GetDimensionValues": self._values,
        }

    def knows(self, action: str) -> bool:
        """Whether it answers this action; the others are moto's."""
        return action in self._actions

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; what the caller did wrong is an answer too."""
        meter.look()
        try:
            told = self._actions[call.action](_params(request), account_of(request))
        except CostRefused as refused:
            return error_answer(call, AwsError(refused.code, refused.message), request_id)
        headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", request_id))
        return Answer(200, headers, json.dumps(told).encode())

    def _usage(self, params: Params, account: str) -> dict[str, Any]:
        now = current().clock.now()
        start, end = check_days(params, now.date())
        metrics = _metrics(params)
        group_by = params.get("GroupBy") or []
        if len(group_by) > 2:
            raise invalid("GroupBy has more than two groups")
        granularity = _granularity(params)
        lines = _filtered(params, _lines(account, start, end, now))
        results = [
            _result(period, lines, metrics, group_by, now.date())
            for period in periods(start, end, granularity)
        ]
        page, token = self._cut(results, params, now) if group_by else (results, None)
        told: dict[str, Any] = {"ResultsByTime": page, "DimensionValueAttributes": []}
        if group_by:
            told["GroupDefinitions"] = list(group_by)
        return {**told, **({"NextPageToken": token} if token else {})}

    def _cut(self, results: list[dict[str, Any]], params: Params, now: datetime) -> tuple[Any, str | None]:
        """One page of the groups: a period that does not fit goes on in the next."""
        mark = Mark.of(params, now.date())
        offset = mark.offset_of(params.get("NextPageToken"))
        left, skipped, page = self.page, 0, []
        for result in results:
            groups = result["Groups"]
            begin = max(0, offset - skipped)
            taken = groups[begin : begin + left]
            skipped += len(groups)
            if taken or (not groups and skipped >= offset):
                page.append({**result, "Groups": taken})
                left -= len(taken)
            if not left:
                break
        end = offset + self.page - left
        total = sum(len(result["Groups"]) for result in results)
        return page, mark.token(end) if end < total else None

    def _forecast(self, params: Params, account: str) -> dict[str, Any]:
        now = current().clock.now()
        since = now.date() - timedelta(days=31)
        by_day: dict[date, Decimal] = {}
        for line in _filtered(params, _lines(account, since, now.date() + timedelta(days=1), now)):
            by_day[line.day] = by_day.get(line.day, Decimal(0)) + line.cost
        return forecast(params, by_day, now.date())

    def _values(self, params: Params, account: str) -> dict[str, Any]:
        now = current().clock.now()
        start, end = check_days(params, now.date())
        key = dimension(str(params.get("Dimension", "")))
        wanted = str(params.get("SearchString") or "").lower()
        found = sorted({line.dimensions[key] for line in _filtered(params, _lines(account, start, end, now))})
        shown = [{"Value": value, "Attributes": {}} for value in found if wanted in value.lower()]
        return {"DimensionValues": shown, "ReturnSize": len(shown), "TotalSize": len(shown)}


@dataclass(frozen=True)
class Mark:
    """What a page token is good for: one question, on one day."""

    question: str
    day: str

    @classmethod
    def of(cls, params: Params, today: date) -> Mark:
        """The mark of a request."""
        asked = {key: value for key, value in params.items() if key != "NextPageToken"}
        return cls(hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16], f"{today}")

    def token(self, offset: int) -> str:
        """The token of the page that begins with a group."""
        return base64.b64encode(f"{self.question}/{self.day}/{offset}".encode()).decode()

    def offset_of(self, token: str | None) -> int:
        """The group that a token's page begins with; raises `CostRefused` for one of another question or day."""
        if not token:
            return 0
        try:
            question, day, offset = base64.b64decode(token, validate=True).decode().split("/")
            start = int(offset)
        except ValueError:
            raise CostRefused("InvalidNextTokenException", "The pagination token is invalid") from None
        if question != self.question:
            raise CostRefused("RequestChangedException", "Your request parameters changed between pages")
        if day != self.day:
            raise CostRefused("BillExpirationException", "The requested report expired")
        return start


def _lines(account: str, start: date, end: date, now: datetime) -> list[Line]:
    spells = [spell for spell in meter.meter().spells() if spell.used.account == account]
    if not spells:
        raise CostRefused("DataUnavailableException", NOT_YET)
    return list(lines_of(spells, start, end, now))


def _filtered(params: Params, lines: Sequence[Line]) -> list[Line]:
    expression = params.get("Filter")
    return [line for line in lines if not expression or matches(line, expression)]


def _metrics(params: Params) -> list[str]:
    """The metrics asked for; AWS takes `UNBLENDED_COST` for `UnblendedCost`."""
    known = {name.lower(): name for name in METRICS}
    found = []
    for asked in params.get("Metrics") or []:
        name = known.get(str(asked).replace("_", "").lower())
        if name is None:
            raise invalid(f"'{asked}' is not one of {', '.join(METRICS)}")
        found.append(name)
    if not found:
        raise invalid("Metrics is required for GetCostAndUsage requests")
    return found


def _granularity(params: Params) -> str:
    granularity = str(params.get("Granularity", ""))
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid(f"Granularity '{granularity}' is not one of DAILY, MONTHLY, which the sandbox has")
    return granularity


def _result(
    period: tuple[date, date],
    lines: Sequence[Line],
    metrics: Sequence[str],
    group_by: Sequence[Params],
    today: date,
) -> dict[str, Any]:
    start, end = period
    inside = [line for line in lines if start <= line.day < end]
    groups: Grouped = {}
    for line in inside if group_by else ():
        groups.setdefault(keys_of(line, group_by), []).append(line)
    return {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Total": {} if group_by else _sums(inside, metrics),
        "Groups": [
            {"Keys": list(keys), "Metrics": _sums(found, metrics)} for keys, found in sorted(groups.items())
        ],
        # A month's bill is closed some days after its end; here, with it.
        "Estimated": start >= today.replace(day=1),
    }


def _sums(lines: Sequence[Line], metrics: Sequence[str]) -> dict[str, dict[str, str]]:
    cost = sum((line.cost for line in lines), Decimal(0))
    quantity = sum((line.quantity for line in lines), Decimal(0))
    units = {line.unit for line in lines}
    unit = units.pop() if len(units) == 1 else "N/A"
    return {
        name: {"Amount": _text(cost), "Unit": "USD"}
        if name in COSTS
        else {"Amount": _text(quantity), "Unit": unit}
        for name in metrics
    }


def _text(amount: Decimal) -> str:
    """With at most ten digits after the point, as AWS writes amounts."""
    shown = f"{amount:.10f}".rstrip("0").rstrip(".")
    return shown or "0"


def _params(request: Request) -> Params:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CostRefused("SerializationException", "the request is no JSON object")
    return found
