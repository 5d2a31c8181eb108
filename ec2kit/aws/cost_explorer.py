"""Cost Explorer: what AWS has billed so far, and what it expects. Each request costs 0.01 USD, each page too.

AWS Cost Management API Reference, GetCostAndUsage and GetCostForecast; the price is on AWS's page "AWS Cost Explorer
pricing". The account has one endpoint, whatever the region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ec2kit.aws.door import Door
from ec2kit.errors import Ec2kitError
from ec2kit.model.bills import Billed, Days, Foreseen
from ec2kit.model.money import Money

REQUEST = Money(Decimal("0.01"))
"""What a request costs."""
CASH, AMORTISED = "UnblendedCost", "AmortizedCost"
MOST_PAGES = 50
"""Of one question: half a dollar. What has more is asked for in too much detail."""

Item = Mapping[str, Any]


@dataclass
class Spent:
    """How many requests were sent, whatever came of them: AWS does not say that it gives away those that fail."""

    requests: int = 0

    @property
    def charge(self) -> Money:
        """What AWS asks for them."""
        return REQUEST * self.requests


@dataclass(frozen=True)
class CostExplorer:
    """The bill of the account, or of the organization for its management account."""

    door: Door
    spent: Spent = field(default_factory=Spent)

    def billed(self, days: Days, granularity: str, group_by: Sequence[str] = ()) -> tuple[Billed, ...]:
        """What was billed in these days, by `DAILY` or `MONTHLY` periods, and by up to two dimensions.

        Raises `AccessDenied` when it is not allowed or not enabled, `AwsRefused` with the code
        `DataUnavailableException` when it has no data yet, and other `Ec2kitError`s.
        """
        asked: dict[str, Any] = {
            "TimePeriod": _interval(days),
            "Granularity": granularity,
            "Metrics": [CASH, AMORTISED],
        }
        if group_by:
            asked["GroupBy"] = [{"Type": "DIMENSION", "Key": key} for key in group_by]
        return tuple(billed for page in self._pages(asked) for billed in _billed_in(page, bool(group_by)))

    def forecast(self, days: Days, level: int) -> tuple[Foreseen, ...]:
        """What AWS expects each of these days to cost, cash; `level` (51 to 99) is how sure the bounds are.

        Raises `AwsRefused` with the code `DataUnavailableException` when it has seen too little to tell.
        """
        answer = self._read(
            self.door.clients.ce.get_cost_forecast,
            TimePeriod=_interval(days),
            Metric="UNBLENDED_COST",
            Granularity="DAILY",
            PredictionIntervalLevel=level,
        )
        return tuple(
            Foreseen(
                date.fromisoformat(item["TimePeriod"]["Start"]),
                _decimal(item["MeanValue"]),
                _decimal(item["PredictionIntervalLowerBound"]),
                _decimal(item["PredictionIntervalUpperBound"]),
            )
            for item in answer.get("ForecastResultsByTime", ())
        )

    def _pages(self, asked: Item) -> Iterator[Item]:
        token: str | None = None
        for _ in range(MOST_PAGES):
            more = {"NextPageToken": token} if token else {}
            page = self._read(self.door.clients.ce.get_cost_and_usage, **asked, **more)
            yield page
            token = page.get("NextPageToken")
            if not token:
                return
        raise Ec2kitError(
            f"Cost Explorer has more than {MOST_PAGES} pages, which would cost more than they tell"
        )

    def _read(self, method: Any, **params: Any) -> dict[str, Any]:
        seen = self.door.clients.seen
        before = seen.calls
        try:
            return self.door.read(method, **params)
        finally:
            self.spent.requests += seen.calls - before


def _interval(days: Days) -> dict[str, str]:
    return {"Start": days.start.isoformat(), "End": days.end.isoformat()}


def _billed_in(page: Item, grouped: bool) -> Iterator[Billed]:
    """A period that goes over two pages comes in two parts."""
    for period in page.get("ResultsByTime", ()):
        interval = period["TimePeriod"]
        days = Days(date.fromisoformat(interval["Start"]), date.fromisoformat(interval["End"]))
        estimated = bool(period.get("Estimated"))
        parts = [(tuple(each["Keys"]), each["Metrics"]) for each in period.get("Groups", ())]
        for keys, metrics in parts if grouped else [((), period["Total"])]:
            yield Billed(days, keys, _money(metrics[CASH]), _money(metrics[AMORTISED]), estimated)


def _money(metric: Item) -> Money:
    return Money(_decimal(metric["Amount"]), metric["Unit"])


def _decimal(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise Ec2kitError(f"Cost Explorer says '{text}' where an amount should be") from error
    if not amount.is_finite():
        raise Ec2kitError(f"Cost Explorer says '{text}' where an amount should be")
    return amount
