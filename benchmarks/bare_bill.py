"""What `cost usage` is compared with: the same sums by a bare DuckDB query, or by pandas. A program: TOOL FILE."""

from __future__ import annotations

import sys

KEYS = (
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/ResourceId",
    "lineItem/LineItemType",
    "lineItem/CurrencyCode",
    "product/region",
    "pricing/unit",
)
START, COST, AMOUNT = "lineItem/UsageStartDate", "lineItem/UnblendedCost", "lineItem/UsageAmount"
MEMORY = "2048MiB"


def by_duckdb(path: str) -> int:
    """A day's cost and quantity of each resource and usage type, exactly; how many there are."""
    import duckdb

    keys = ", ".join(f'"{key}"' for key in KEYS)
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": f"{path}.spill"}) as connection:
        found = connection.execute(
            f'CREATE TABLE sums AS SELECT CAST(CAST("{START}" AS TIMESTAMP) AS DATE) AS day, {keys},'
            f' sum(CAST("{COST}" AS DECIMAL(38,12))), sum(CAST("{AMOUNT}" AS DECIMAL(38,12)))'
            f" FROM read_csv('{path}', all_varchar = true, header = true) GROUP BY day, {keys}"
        )
        return int((found.fetchone() or (0,))[0])


def by_pandas(path: str) -> int:
    """The same with floats and all of it in memory, as pandas does it."""
    import pandas as pd

    read = pd.read_csv(path, usecols=[*KEYS, START, COST, AMOUNT], dtype=dict.fromkeys(KEYS, "str"))
    read["day"] = read[START].str.slice(0, 10)
    return len(read.groupby(["day", *KEYS], dropna=False)[[COST, AMOUNT]].sum())


if __name__ == "__main__":
    {"duckdb": by_duckdb, "pandas": by_pandas}[sys.argv[1]](sys.argv[2])
