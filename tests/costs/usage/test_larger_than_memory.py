"""Reports larger than memory, kills in the middle, and what DuckDB may not do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ec2kit.costs.usage.database import database
from ec2kit.costs.usage.trouble import NoAmount
from ec2kit.errors import Ec2kitError
from ec2kit.host.clock import SystemClock
from tests.costs.usage import made
from tests.costs.usage.asking import answer

LINES = 300_000
"""Each with a resource of its own, so that nothing is added up and the table of sums is as long as the report."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CUR whose sums take several times the 128 MiB that a database has at least."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    columns = """'Usage' AS "lineItem/LineItemType", '2026-05-01T00:00:00Z' AS "lineItem/UsageStartDate",
      '2026-05-01T01:00:00Z' AS "lineItem/UsageEndDate", 'AmazonEC2' AS "lineItem/ProductCode",
      'EU-BoxUsage:m5.large' AS "lineItem/UsageType", repeat(md5(CAST(i AS VARCHAR)), 12) AS "lineItem/ResourceId",
      '1' AS "lineItem/UsageAmount", 'USD' AS "lineItem/CurrencyCode", '0.000000000001' AS "lineItem/UnblendedCost",
      'Hrs' AS "pricing/unit" """
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({LINES}) AS lines (i)) TO '{path}' (HEADER)")
    return path


@pytest.mark.slow
def test_a_report_larger_than_memory_is_added_up_exactly(large: Path) -> None:
    assert large.stat().st_size > 128 << 20

    found = answer(large, memory=128)
    (bill,) = found.bills
    assert bill.sums.cash is not None
    assert (bill.sums.lines, bill.sums.cash.amount) == (LINES, Decimal(LINES).scaleb(-12))


@pytest.mark.slow
def test_what_a_killed_run_leaves_the_next_removes(large: Path, tmp_path: Path) -> None:
    run = Run(large, tmp_path)
    assert run.ended_by(signal.SIGKILL) == -signal.SIGKILL
    assert _spilled(run.cache)

    small = tmp_path / "small.csv"
    small.write_text(made.cur_csv(made.bill(1)))
    subprocess.run(
        [*run.words[:5], str(small)], env=run.environ, cwd=tmp_path, check=True, capture_output=True
    )
    assert [path for path in run.cache.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_a_run_that_is_ended_takes_its_files_with_it(large: Path, tmp_path: Path) -> None:
    run = Run(large, tmp_path)

    assert run.ended_by(signal.SIGTERM) == 143
    assert [path for path in run.cache.iterdir() if path.is_dir()] == []


class Run:
    """A command in a process of its own, which has so little memory that it spills."""

    def __init__(self, report: Path, home: Path) -> None:
        self.cache = home / "cache"
        self.words = [sys.executable, "-m", "ec2kit", "cost", "usage", str(report), "--memory", "128"]
        repository = str(Path(__file__).parents[3])
        self.environ = {
            **os.environ,
            "EC2KIT_CACHE_DIR": str(self.cache),
            "HOME": str(home),
            "PYTHONPATH": repository,
        }

    def ended_by(self, number: int) -> int:
        """Start it, send the signal once it has spilled, and return how it ended."""
        nowhere = subprocess.DEVNULL
        clock = SystemClock()
        process = subprocess.Popen(
            self.words, env=self.environ, cwd=self.cache.parent, stdout=nowhere, stderr=nowhere
        )
        while process.poll() is None and not _spilled(self.cache):
            clock.sleep(0.01)
        assert process.poll() is None, "it ended before anything was spilled"
        process.send_signal(number)
        return process.wait()


def _spilled(cache: Path) -> list[Path]:
    return [path for path in cache.glob("usage-*/spill/*") if path.is_file()]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM 'https://example.com/report.csv'",
        "SELECT * FROM 's3://bucket/report.parquet'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "ATTACH '/var/lib/other.db' AS other",
        "COPY (SELECT 1) TO '/var/lib/other.csv'",
    ],
)
def test_the_database_reaches_nothing_but_the_reports(question: str, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    report.write_text(made.cur_csv(made.bill(1)))

    with database(tmp_path, [report]) as base:
        linked = base.link(report, "report.csv", ".csv")
        assert base.rows(f"SELECT count(*) FROM read_csv('{linked}', all_varchar = true)") == [
            (len(made.bill(1)),)
        ]
        with pytest.raises(Ec2kitError):
            base.rows(question)


def test_sums_beyond_the_digits_are_an_error_and_no_other_number(tmp_path: Path) -> None:
    with database(tmp_path) as base, pytest.raises(NoAmount):
        base.rows(
            "SELECT sum(x) FROM (VALUES (CAST('99999999999999999999999999' AS DECIMAL(38,12))),"
            " (CAST('99999999999999999999999999' AS DECIMAL(38,12)))) AS amounts (x)"
        )
