"""A list in each format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.screen.columns import STATE_STYLES, Column
from ec2kit.screen.paper import Format, Paper
from ec2kit.screen.rows import rows_text

Row = tuple[str, str]
COLUMNS: tuple[Column[Row], ...] = (
    Column("id", lambda row: row[0]),
    Column("state", lambda row: row[1], styles=STATE_STYLES),
    Column("length", lambda row: len(row[1]), extra=True),
)
ROWS: Sequence[Row] = (("i-1", "running"), ("i-2", ""))


def text(
    form: Format, rows: Sequence[Row] = ROWS, columns: tuple[str, ...] = (), colour: bool = False
) -> str:
    return "".join(rows_text(COLUMNS, rows, Paper(form, 60, colour, columns)))


def test_tsv_has_no_header_and_no_gaps() -> None:
    assert text(Format.TSV) == "i-1\trunning\ni-2\t-\n"


def test_csv_has_a_header_and_empty_fields() -> None:
    assert text(Format.CSV) == "id,state\ni-1,running\ni-2,\n"


def test_json_has_every_column() -> None:
    assert json.loads(text(Format.JSON)) == [
        {"id": "i-1", "state": "running", "length": 7},
        {"id": "i-2", "state": "", "length": 0},
    ]
    assert [json.loads(line)["id"] for line in text(Format.JSONL).splitlines()] == ["i-1", "i-2"]


def test_ids_are_the_first_column_whatever_was_chosen() -> None:
    assert text(Format.IDS, columns=("state",)) == "i-1\ni-2\n"


def test_table_is_aligned_and_plain_without_colour() -> None:
    assert text(Format.TABLE) == "id   state\ni-1  running\ni-2  -\n"


def test_colour_is_only_added() -> None:
    coloured = text(Format.TABLE, colour=True)

    assert "\x1b[32mrunning" in coloured


def test_markup_in_a_value_is_text() -> None:
    assert "[bold]x[/bold]" in text(Format.TABLE, [("i-1", "[bold]x[/bold]")])


def test_long_values_are_folded_not_cut() -> None:
    long = "x" * 200

    assert text(Format.TABLE, [("i-1", long)]).count("x") == 200


@pytest.mark.parametrize(
    "form,wanted",
    [(form, "[]\n" if form is Format.JSON else "") for form in Format if form is not Format.CSV],
)
def test_nothing(form: Format, wanted: str) -> None:
    assert text(form, []) == wanted


def test_columns_are_chosen_in_the_order_named() -> None:
    assert text(Format.TSV, columns=("length", "id")) == "7\ti-1\n0\ti-2\n"
    assert json.loads(text(Format.JSON, columns=("state",))) == [{"state": "running"}, {"state": ""}]


def test_unknown_column_names_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        text(Format.TSV, columns=("sate",))

    assert raised.value.hint == "did you mean `state`?"


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_every_row_is_one_line_of_tsv_and_one_record_of_csv(rows: list[Row]) -> None:
    lines = text(Format.TSV, rows).split("\n")[:-1]

    assert [line.count("\t") for line in lines] == [1] * len(rows)
    assert len(list(csv.reader(io.StringIO(text(Format.CSV, rows))))) == len(rows) + 1


def test_ids_and_addresses_stay_whole_on_a_narrow_terminal() -> None:
    wide: tuple[Column[Row], ...] = tuple(Column(f"c{number}", lambda row: row[0]) for number in range(6))
    word = "i-036385c2103bfa3eb"

    drawn = "".join(rows_text(wide, [(word, "")], Paper(Format.TABLE, 40)))

    assert drawn.count(word) == 6
