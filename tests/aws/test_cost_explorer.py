"""The port to Cost Explorer against the sandbox's: pages put together, requests counted, refusals as our errors."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NoReturn

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError

from ec2kit.aws import Target, connect
from ec2kit.aws.cost_explorer import CostExplorer
from ec2kit.errors import AccessDenied, AwsRefused, Ec2kitError, Unavailable
from ec2kit.model.bills import Billed, Days, View
from ec2kit.model.money import Money
from ec2kit.sandbox import ACCESS_KEY, SECRET_KEY
from ec2kit.sandbox.breaks import make
from ec2kit.sandbox.direct import ENDPOINT
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected
from tests.support.inprocess import InProcess
from tests.support.sessions import session_over
from tests.support.ticking import TickingClock

DAY = timedelta(days=1)
GROUPS = ("SERVICE", "USAGE_TYPE")


@pytest.fixture
def seeded() -> Seeded:
    return Seeded()


@pytest.fixture
def explorer(seeded: Seeded) -> CostExplorer:
    return connected(seeded).cost_explorer


def last_days(sandbox: InProcess, count: int) -> Days:
    today = sandbox.now.date()
    return Days(today - count * DAY, today)


def by_keys(billed: tuple[Billed, ...]) -> dict[tuple[date, tuple[str, ...]], Money]:
    return {(each.days.start, each.keys): each.cash for each in billed}


def test_groups_and_the_whole_are_the_same_money(seeded: Seeded, explorer: CostExplorer) -> None:
    days = last_days(seeded, 3)
    whole = explorer.billed(days, "DAILY")
    parts = explorer.billed(days, "DAILY", GROUPS)
    assert [each.keys for each in whole] == [(), (), ()]
    for day in whole:
        together = sum((each.cash.amount for each in parts if each.days == day.days), Decimal(0))
        assert abs(together - day.cash.amount) < Decimal("0.0000001")
        assert day.cash.amount > 0
    assert explorer.spent.requests == 2
    assert explorer.spent.charge == Money(Decimal("0.02"))


def test_pages_are_put_together_and_each_is_counted(seeded: Seeded, explorer: CostExplorer) -> None:
    days = last_days(seeded, 3)
    at_once = explorer.billed(days, "DAILY", GROUPS)
    seeded.app.costs.page = 4
    explorer.spent.requests = 0
    in_pages = explorer.billed(days, "DAILY", GROUPS)
    assert by_keys(in_pages) == by_keys(at_once)
    assert explorer.spent.requests == -(-len(at_once) // 4)


def test_a_bill_of_too_many_pages_is_not_read_to_its_end(seeded: Seeded, explorer: CostExplorer) -> None:
    seeded.app.costs.page = 1
    seeded.tick(60 * 86400)
    with pytest.raises(Ec2kitError, match="more than 50 pages"):
        explorer.billed(last_days(seeded, 20), "DAILY", GROUPS)
    assert explorer.spent.requests == 50


def test_amounts_have_both_views(seeded: Seeded, explorer: CostExplorer) -> None:
    (day,) = explorer.billed(last_days(seeded, 1), "DAILY")
    assert day.amount(View.CASH) == day.cash
    assert day.amount(View.AMORTISED) == day.amortised
    assert day.estimated


def test_a_forecast_is_of_days(seeded: Seeded, explorer: CostExplorer) -> None:
    today = seeded.now.date()
    found = explorer.forecast(Days(today, today + 2 * DAY), 80)
    assert [each.day for each in found] == [today, today + DAY]
    assert all(each.low < each.mean < each.high for each in found)


def test_an_account_without_data_says_so_by_its_code() -> None:
    empty = InProcess()
    explorer = connected(empty).cost_explorer
    with pytest.raises(AwsRefused) as caught:
        explorer.billed(last_days(empty, 1), "DAILY")
    assert caught.value.code == "DataUnavailableException"
    assert explorer.spent.requests == 1


def test_who_may_not_see_the_bill_is_told_which_action_is_missing(
    seeded: Seeded, explorer: CostExplorer
) -> None:
    with seeded.app.settled() as world:
        make(world, parse_order("error:AccessDeniedException", "ce:GetCostAndUsage"))
    with pytest.raises(AccessDenied) as caught:
        explorer.billed(last_days(seeded, 1), "DAILY")
    assert caught.value.hint == "allow `ce:GetCostAndUsage` in the policy of the user or role"


class TestAskedAgain:
    """Each try may be charged for, so there are few, and each is counted."""

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))

    @pytest.mark.parametrize("what", ["500", "503", "throttle", "reset"])
    def test_what_passes_is_asked_again(self, what: str, seeded: Seeded, explorer: CostExplorer) -> None:
        with seeded.app.settled() as world:
            make(world, parse_order(what, "ce:GetCostAndUsage", Spell(times=3)))
        assert len(explorer.billed(last_days(seeded, 1), "DAILY")) == 1
        assert explorer.spent.requests == 4

    @pytest.mark.parametrize("what", ["500", "error:LimitExceededException"])
    def test_what_does_not_pass_is_given_up(self, what: str, seeded: Seeded, explorer: CostExplorer) -> None:
        with seeded.app.settled() as world:
            make(world, parse_order(what, "ce:GetCostAndUsage"))
        with pytest.raises(Unavailable, match=r"throttling|could not handle"):
            explorer.billed(last_days(seeded, 1), "DAILY")
        assert explorer.spent.requests == 4

    def test_where_nobody_is_at_home_nothing_is_charged(self) -> None:
        target = Target("eu-west-1", endpoint=ENDPOINT, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        explorer = connect(target, TickingClock(InProcess()), session_over(_nobody)).cost_explorer
        with pytest.raises(Unavailable, match="does not answer"):
            explorer.billed(Days(date(2026, 11, 1), date(2026, 11, 2)), "DAILY")
        assert explorer.spent.requests == 0


def _nobody(request: AWSPreparedRequest, **_: Any) -> NoReturn:
    raise EndpointConnectionError(endpoint_url=ENDPOINT)
