"""`make bench`: every benchmark in turn, one row for each number; 1 when one is over its limit."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import (
    building,
    bundles,
    fleet_reservations,
    listing,
    names,
    quick_help,
    thousand,
    upload,
    usage_reports,
)
from benchmarks.result import Result

BENCHMARKS: tuple[Callable[[], list[Result]], ...] = (
    quick_help.run,
    listing.run,
    thousand.run,
    upload.run,
    bundles.run,
    building.run,
    names.run,
    fleet_reservations.run,
    usage_reports.run,
)


def main() -> int:
    results: list[Result] = []
    for benchmark in BENCHMARKS:
        for result in benchmark():
            print(result.line(), flush=True)
            results.append(result)
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
