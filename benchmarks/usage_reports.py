"""`ec2kit cost usage` of generated reports of 1 and 10 million lines against a bare DuckDB query and pandas.

The bare query adds up one table of the same keys; the command answers all of its questions, with what it knows of usage
types, reservations and savings plans. pandas adds up floats, in memory: that of ten million lines is not tried.
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.child import took
from benchmarks.result import Result

SIZES = (1_000_000, 10_000_000)
PANDAS_UP_TO = 1_000_000
SMALL_BYTES = 50_000_000
TIMES_BARE = 2.5
"""Times the CPU seconds of the bare query."""
MOST_MIB = 3000
"""The memory that DuckDB is given (2,048 MiB), and Python with what is allocated outside of that."""
BARE = str(Path(__file__).with_name("bare_bill.py"))
COLUMNS = """
  i AS "identity/LineItemId", '111122223333' AS "bill/PayerAccountId", '111122223333' AS "lineItem/UsageAccountId",
  CASE WHEN i % 11 = 0 THEN 'SavingsPlanCoveredUsage' WHEN i % 11 = 1 THEN 'SavingsPlanNegation' ELSE 'Usage' END
    AS "lineItem/LineItemType",
  strftime(TIMESTAMP '2026-05-01' + INTERVAL (i % 744) HOUR, '%Y-%m-%dT%H:%M:%SZ') AS "lineItem/UsageStartDate",
  strftime(TIMESTAMP '2026-05-01' + INTERVAL (i % 744 + 1) HOUR, '%Y-%m-%dT%H:%M:%SZ') AS "lineItem/UsageEndDate",
  CASE i % 4 WHEN 0 THEN 'AmazonS3' WHEN 1 THEN 'AmazonRDS' ELSE 'AmazonEC2' END AS "lineItem/ProductCode",
  ['EU-BoxUsage:m5.large', 'USE2-EBS:VolumeUsage.gp3', 'EU-TimedStorage-ByteHrs', 'DataTransfer-Regional-Bytes',
   'APN1-NatGateway-Bytes', 'EU-RDS:StorageIOUsage', 'CW:GMD-Metrics', 'EU-Thing:' || (i % 40)][i % 8 + 1]
    AS "lineItem/UsageType",
  'RunInstances' AS "lineItem/Operation", 'eu-west-1a' AS "lineItem/AvailabilityZone",
  'i-' || lower(printf('%017x', (i * 7919) % 5000)) AS "lineItem/ResourceId",
  CAST(i % 97 AS VARCHAR) || '.2500000000' AS "lineItem/UsageAmount", 'USD' AS "lineItem/CurrencyCode",
  '0.0' || printf('%09d', i % 1000000007) AS "lineItem/UnblendedCost",
  '$0.107 per On Demand Linux m5.large Instance Hour' AS "lineItem/LineItemDescription",
  'eu-west-1' AS "product/region", 'Hrs' AS "pricing/unit",
  '' AS "reservation/ReservationARN", '' AS "reservation/EffectiveCost",
  '0.01' AS "savingsPlan/SavingsPlanEffectiveCost", 'web' AS "resourceTags/user:role"
"""


def run() -> list[Result]:
    """CPU seconds with a limit in those of the bare query, memory, lines a second; and from start to answer."""
    if importlib.util.find_spec("duckdb") is None:
        return [Result("cost usage: not run, duckdb is missing", 0, "")]
    with tempfile.TemporaryDirectory() as home:
        report = Path(home, "report.csv")
        results = _start_to_answer(report, home)
        for lines in SIZES:
            results += _of(report, lines, home)
        return results


def generate(path: Path, lines: int) -> None:
    """Write a CUR 1.0 of so many lines."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {COLUMNS} FROM range({lines}) AS lines (i)) TO '{path}' (HEADER)")


def _of(report: Path, lines: int, home: str) -> list[Result]:
    generate(report, lines)
    began = perf_counter()
    ours = took(["ec2kit", "cost", "usage", str(report)], home, {"EC2KIT_CACHE_DIR": home})
    wall = perf_counter() - began
    bare = took(["python", BARE, "duckdb", str(report)], home)
    name = f"cost usage, {lines:,} lines"
    compared = f"bare DuckDB: {bare.cpu_seconds:.3g} CPU s, {bare.peak_mib:.0f} MiB"
    if lines > PANDAS_UP_TO:
        compared += "; pandas: not tried, it would take some 8 GiB"
    elif importlib.util.find_spec("pandas") is None:
        compared += "; pandas is missing"
    else:
        other = took(["python", BARE, "pandas", str(report)], home)
        compared += f"; pandas: {other.cpu_seconds:.3g} CPU s, {other.peak_mib:.0f} MiB"
    size = report.stat().st_size >> 20
    return [
        Result(name, ours.cpu_seconds, "CPU s", compared, bare.cpu_seconds * TIMES_BARE),
        Result(f"{name}: memory", ours.peak_mib, "MiB", f"a report of {size:,} MiB", MOST_MIB),
        Result(f"{name}: lines a second", lines / wall, "lines/s", f"{wall:.3g} s from start to answer"),
    ]


def _start_to_answer(report: Path, home: str) -> list[Result]:
    generate(report, 1000)
    lines = SMALL_BYTES * 1000 // report.stat().st_size
    generate(report, lines)
    began = perf_counter()
    took(["ec2kit", "cost", "usage", str(report)], home, {"EC2KIT_CACHE_DIR": home})
    wall = perf_counter() - began
    empty = perf_counter()
    took(["ec2kit", "--help"], home)
    told = f"{report.stat().st_size / 1e6:.0f} MB, {lines:,} lines; ec2kit --help: {perf_counter() - empty:.2g} s"
    return [Result("cost usage, from start to answer", wall, "s", told)]
