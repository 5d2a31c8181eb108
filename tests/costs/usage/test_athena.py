"""The questions for Athena: the very text that is printed, asked of the same tables in DuckDB, gives the same answers.

Athena itself is not here. Its one function that DuckDB has otherwise, `element_at` of a map, is put in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ec2kit.costs.usage.athena import shape_in_athena, sql_for, usual_shape
from ec2kit.costs.usage.formats import Column, Format, shape_of
from ec2kit.costs.usage.wanted import Wanted, wanted
from ec2kit.errors import UsageError
from tests.costs.usage import made
from tests.costs.usage.asking import answer, breakdown

LINES = made.bill(4)
TABLES: dict[Format, Callable[[Path], Path]] = {
    Format.CUR_1: lambda at: made.cur_parquet(LINES, at / "t.parquet", second=False),
    Format.CUR_2: lambda at: made.cur_parquet(LINES, at / "t.parquet", second=True),
    Format.FOCUS: lambda at: made.focus_parquet(LINES, at / "t.parquet"),
}


def asked(path: Path, question: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers to a question for Athena about the table `billing.bill_of_may`."""
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO element_at(map, key) AS map_extract_value(map, key)")
        connection.execute("CREATE SCHEMA billing")
        connection.execute(f"CREATE TABLE billing.bill_of_may AS SELECT * FROM '{path}'")
        columns = [name for name, *_ in connection.execute("DESCRIBE billing.bill_of_may").fetchall()]
        if "Tags" in columns:
            # AWS's own table has a map there; the made one has JSON.
            maps = "MAP(VARCHAR, VARCHAR) USING Tags::JSON::MAP(VARCHAR, VARCHAR)"
            connection.execute(f"ALTER TABLE billing.bill_of_may ALTER Tags TYPE {maps}")
        return connection.execute(question).fetchall()


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("by", ["service", "region", "usage-type", "resource", "topic", "kind", "tag:role"])
def test_what_is_printed_gives_the_same_answers(form: Format, by: str, tmp_path: Path) -> None:
    path = TABLES[form](tmp_path)
    want = wanted(by)
    question = sql_for("billing.bill_of_may", usual_shape(form, want.tag), want)

    expected = {name: item.sums for name, item in breakdown(path, by=by).items()}
    found = {row[0] or "": (row[2], row[3], row[4]) for row in asked(path, question)}
    assert found == {
        name: (sums.cash and sums.cash.amount, sums.amortised and sums.amortised.amount, sums.lines)
        for name, sums in expected.items()
    }


@pytest.mark.parametrize("form", TABLES)
def test_the_topics_too(form: Format, tmp_path: Path) -> None:
    path = TABLES[form](tmp_path)

    rows = asked(path, sql_for("billing.bill_of_may", usual_shape(form), Wanted()))
    expected = {(item.topic, item.what, item.detail): item.sums.cash for item in answer(path).topics}
    found: dict[tuple[str, str, str], Decimal] = {}
    for topic, what, detail, _unit, _currency, _month, _quantity, cash, *_ in rows:
        key = (topic, what or "", detail or "")
        found[key] = found.get(key, Decimal(0)) + cash
    assert found == {key: cash.amount for key, cash in expected.items() if cash}


def test_filters_are_in_it(tmp_path: Path) -> None:
    path = TABLES[Format.CUR_2](tmp_path)
    want = wanted("service", "2024-09", ["region=eu-*", "service=AWSELB"])

    (row,) = asked(path, sql_for("billing.bill_of_may", usual_shape(Format.CUR_2), want))
    assert (row[0], row[2]) == ("AWSELB", Decimal("5.952"))
    other = wanted("service", "2024-10")
    assert asked(path, sql_for("billing.bill_of_may", usual_shape(Format.CUR_2), other)) == []


def test_only_columns_that_the_example_has_are_asked_for() -> None:
    names = (
        "line_item_line_item_type",
        "line_item_usage_start_date",
        "line_item_usage_type",
        "line_item_unblended_cost",
    )
    shape = shape_of([Column(each) for each in names])
    assert shape is not None

    question = sql_for("a.b", shape_in_athena(shape), wanted("usage-type"))
    assert "savings_plan" not in question
    assert 'FROM "a"."b"' in question
    assert "DOUBLE" not in question.upper()


@pytest.mark.parametrize("table", ["cur", "a.b.c", 'a."b', "a.b; DROP TABLE x", "a.", "a.b-c"])
def test_names_that_are_no_tables(table: str) -> None:
    with pytest.raises(UsageError, match="is no table of Athena"):
        sql_for(table, usual_shape(Format.CUR_2), Wanted())


def test_a_text_stays_a_text() -> None:
    want = wanted("service", filters=["service=x'; DROP TABLE bill; --", "usage-type=a_b*%'"])

    question = sql_for("a.b", usual_shape(Format.CUR_2), want)
    assert "service = 'x''; DROP TABLE bill; --'" in question
    assert "usage LIKE 'a!_b%!%''' ESCAPE '!'" in question
