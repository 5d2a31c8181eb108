"""`ec2kit cost`: by the sandbox's Cost Explorer, by what is kept of it, and by what runs where there is no bill."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest

from ec2kit.sandbox.breaks import make, mend
from ec2kit.sandbox.fault_words import parse_order
from tests.cli.screens import Screen, Shell
from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess

DAY = 86400


@pytest.fixture
def sandbox() -> Seeded:
    """At noon of the twentieth of a month of 31 days, all of which the seeded account has run."""
    seeded = Seeded()
    until = datetime(seeded.now.year + 1, 1, 20, 12, tzinfo=UTC)
    seeded.tick((until - seeded.now).total_seconds())
    return seeded


def costs(sandbox: InProcess) -> list[str]:
    """The calls to Cost Explorer that were made."""
    return [name for name in sandbox.app.calls.names() if name.startswith("ce:")]


def told(screen: Screen) -> Any:
    assert screen.exit == 0, screen.stderr
    return json.loads(screen.stdout)


def amount(money: Any) -> Decimal:
    assert money["currency"] == "USD"
    return Decimal(money["amount"])


def break_(sandbox: InProcess, what: str, where: str) -> None:
    with sandbox.app.settled() as world:
        make(world, parse_order(what, where))


def test_a_month_at_a_constant_rate(shell: Shell) -> None:
    """Four t3.micro at 0.01, five addresses at 0.005, 52 GiB of gp3 at 0.08, 16 GiB of snapshots at 0.05."""
    found = told(shell.run("cost -o json"))
    hourly = 4 * Decimal("0.01") + 5 * Decimal("0.005")
    monthly = 52 * Decimal("0.08") + 16 * Decimal("0.05")
    hours = Decimal(19 * 24 + 12)
    assert abs(amount(found["so_far"]["cash"]) - (hourly * hours + monthly * hours / 744)) < Decimal("0.0001")
    assert found["so_far"]["amortised"] == found["so_far"]["cash"]
    assert abs(amount(found["projection"]["cash"]) - (hourly * 744 + monthly)) < Decimal("0.01")
    assert amount(found["projection"]["low"]) < hourly * 744 + monthly < amount(found["projection"]["high"])
    assert [each["usage"] for each in found["drivers"]] == [
        "EU-BoxUsage:t3.micro",
        "EU-PublicIPv4:InUseAddress",
        "EU-EBS:VolumeUsage.gp3",
        "EU-PublicIPv4:IdleAddress",
        "EU-EBS:SnapshotUsage",
    ]
    parts = sum((amount(each["cash"]) for each in found["drivers"]), Decimal(0))
    assert abs(parts - amount(found["so_far"]["cash"])) < Decimal("0.00001")
    assert (found["source"], found["estimated"], found["requests"]) == ("cost-explorer", True, 3)


def test_a_person_reads_what_it_stands_on(shell: Shell) -> None:
    screen = shell.run("cost -o table")
    assert screen.exit == 0
    assert "asked Cost Explorer: 3 requests, for which AWS charges 0.03 USD" in screen.stderr
    assert "by Cost Explorer, asked now" in screen.stderr
    assert "cash" in screen.stdout
    assert "amortised" in screen.stdout
    assert "estimated until the month is closed" in " ".join(screen.stdout.split())
    assert "AWS's forecast" in " ".join(screen.stdout.split())


def test_what_it_said_is_kept_and_asked_again_when_told(shell: Shell, sandbox: Seeded) -> None:
    first = told(shell.run("cost -o json"))
    assert costs(sandbox) == ["ce:GetCostAndUsage", "ce:GetCostAndUsage", "ce:GetCostForecast"]
    sandbox.tick(3 * 3600)
    again = shell.run("cost")
    assert "asked 3h ago (--fresh asks again)" in again.stderr
    assert told(shell.run("cost -o json")) == first
    assert len(costs(sandbox)) == 3
    fresh = told(shell.run("cost --fresh -o json"))
    assert amount(fresh["so_far"]["cash"]) > amount(first["so_far"]["cash"])
    assert len(costs(sandbox)) == 6
    sandbox.tick(6 * 3600)
    told(shell.run("cost -o json"))
    assert len(costs(sandbox)) == 9


def test_cron_pays_four_times_a_day(shell: Shell, sandbox: Seeded) -> None:
    for _ in range(24):
        assert shell.run("cost -q").exit == 0
        sandbox.tick(3600)
    assert len(costs(sandbox)) == 4 * 3


def test_in_another_month_it_is_asked_again(shell: Shell, sandbox: Seeded) -> None:
    sandbox.tick(11 * DAY + 11 * 3600)
    assert told(shell.run("cost -o json"))["month"].endswith("-01")
    sandbox.tick(2 * 3600)
    found = told(shell.run("cost -o json"))
    assert found["month"].endswith("-02")
    assert found["projection"] is not None


@pytest.mark.parametrize("kept", ["", "{", '{"version": 1}', "\udcff"])
def test_a_damaged_file_is_no_reason_to_fail(shell: Shell, tmp_path: Path, kept: str) -> None:
    shell.run("cost")
    (path,) = (tmp_path / "cache").rglob("cost-explorer.json")
    path.write_bytes(kept.encode(errors="surrogateescape"))
    assert shell.run("cost").exit == 0


def test_a_place_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shell.environ["EC2KIT_CACHE_DIR"] = str(tmp_path / "file" / "below")
    screen = shell.run("cost")
    assert screen.exit == 0
    assert "the answer is not kept, and the next one costs again" in screen.stderr


@pytest.mark.parametrize("code", ["AccessDeniedException", "DataUnavailableException"])
def test_without_a_bill_it_is_by_what_runs(shell: Shell, sandbox: Seeded, code: str) -> None:
    break_(sandbox, f"error:{code}", "ce:GetCostAndUsage")
    screen = shell.run("cost -o table")
    assert screen.exit == 0
    assert "no bill to be had, asked now: GetCostAndUsage" in screen.stderr
    assert "asked Cost Explorer: 1 request, for which AWS charges 0.01 USD" in screen.stderr
    assert "by what runs now and the price table" in screen.stderr
    found = told(shell.run("cost -o json"))
    assert found["source"] == "running"
    assert any(note.startswith("not in it:") for note in found["notes"])
    assert any("prices: " in note and " old" in note for note in found["notes"])
    # The refusal is kept too, for an hour.
    assert len(costs(sandbox)) == 1
    with sandbox.app.settled() as world:
        mend(world, "all")
    sandbox.tick(3600)
    assert told(shell.run("cost -o json"))["source"] == "cost-explorer"


def test_without_a_forecast_it_is_the_trend(shell: Shell, sandbox: Seeded) -> None:
    break_(sandbox, "error:AccessDeniedException", "ce:GetCostForecast")
    found = told(shell.run("cost -o json"))
    assert "the last 7 days that are billed as a whole" in found["projection"]["method"]
    hourly, monthly = Decimal("0.065"), Decimal("4.96")
    assert abs(amount(found["projection"]["cash"]) - (hourly * 744 + monthly)) < Decimal("0.01")


def test_an_outage_is_an_error_and_what_it_cost_is_told(
    shell: Shell, sandbox: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    break_(sandbox, "500", "ce:GetCostAndUsage")
    screen = shell.run("cost")
    assert screen.exit == 1
    assert "by what runs: `ec2kit cost --running`" in screen.stderr
    assert "4 requests, for which AWS charges 0.04 USD" in screen.stderr
    assert len(costs(sandbox)) == 4


def test_by_what_runs_when_asked_for(shell: Shell, sandbox: Seeded) -> None:
    found = told(shell.run("cost --running -o json"))
    assert costs(sandbox) == []
    counts = {each["usage"]: each["count"] for each in found["drivers"]}
    assert counts["t3.micro"] == 4
    assert counts["public IPv4 address"] == 5
    assert found["projection"]["low"] is None
    # A stopped machine: its hours go, its disk and Elastic IP stay.
    sandbox.ec2.stop_instances(InstanceIds=[sandbox.id("web-1")])
    sandbox.tick(60)
    later = told(shell.run("cost --running -o json"))
    assert {each["usage"]: each["count"] for each in later["drivers"]}["t3.micro"] == 3
    assert {each["usage"]: each["count"] for each in later["drivers"]}["public IPv4 address"] == 4


def test_what_has_no_price_is_listed(shell: Shell, sandbox: Seeded) -> None:
    """A region of which nobody has prices: no zero anywhere."""
    like = sandbox.client("ec2", "mx-central-1")
    like.allocate_address(Domain="vpc")
    volume = like.create_volume(AvailabilityZone="mx-central-1a", Size=10, VolumeType="gp3")
    assert volume["VolumeId"]
    sandbox.tick(60)
    found = told(shell.run("cost --running --region mx-central-1 -o json"))
    assert "GiB of gp3" in found["unpriced"]
    assert "GiB of gp3" not in [each["usage"] for each in found["drivers"]]


def test_an_empty_account_has_neither_data_nor_costs(tmp_path: Path) -> None:
    screen = Shell(tmp_path, InProcess()).run("cost -o json")
    found = told(screen)
    assert (found["source"], found["drivers"]) == ("running", [])
    assert amount(found["so_far"]["cash"]) == 0


def test_on_the_first_day_of_a_month(shell: Shell, sandbox: Seeded) -> None:
    sandbox.tick(11 * DAY + 12 * 3600 + 60)
    assert sandbox.now.day == 1
    found = told(shell.run("cost -o json"))
    assert amount(found["so_far"]["cash"]) < Decimal("0.01")
    days = (sandbox.now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    assert abs(amount(found["projection"]["cash"]) - days.day * Decimal("1.73")) < 1


@pytest.mark.parametrize("line", ["cost --fresh extra", "cost --nothing"])
def test_words_that_it_does_not_take(shell: Shell, line: str) -> None:
    assert shell.run(line).exit == 2
