"""A list as text in the format asked for: table, TSV, CSV, JSON, JSON lines, or ids only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from ec2kit.screen.columns import Column, choose
from ec2kit.screen.paper import Format, Paper
from ec2kit.screen.values import json_dump, text_of

Row = TypeVar("Row")


def rows_text(columns: Sequence[Column[Row]], rows: Sequence[Row], paper: Paper) -> Iterator[str]:
    """Given columns (the id first) and rows, yield the output in pieces that end in newlines.

    An empty list is `[]` in JSON and nothing at all elsewhere. JSON has every column unless some were named.
    Raises `UsageError` for a column that does not exist.
    """
    chosen = choose(columns, paper.columns)
    if paper.format is Format.IDS:
        yield from (f"{text_of(columns[0].value(row))}\n" for row in rows)
    elif paper.format.is_json:
        yield from _json(chosen if paper.columns else columns, rows, paper.format)
    elif paper.format is Format.TSV:
        yield from ("\t".join(text_of(column.value(row)) for column in chosen) + "\n" for row in rows)
    elif paper.format is Format.CSV:
        yield from _csv(chosen, rows)
    elif rows:
        from ec2kit.screen.tables import table_text

        yield table_text(chosen, rows, paper)


def json_text(value: Any) -> str:
    """Given a value of ours, return it as indented JSON that ends in a newline."""
    return json_dump(value, indent=2) + "\n"


def _json(columns: Sequence[Column[Row]], rows: Sequence[Row], form: Format) -> Iterator[str]:
    objects = ({column.name: column.value(row) for column in columns} for row in rows)
    if form is Format.JSONL:
        yield from (json_dump(item) + "\n" for item in objects)
    else:
        yield json_dump(list(objects), indent=2) + "\n"


def _csv(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> Iterator[str]:
    yield from csv_lines([[column.name for column in columns]])
    yield from csv_lines([column.value(row) for column in columns] for row in rows)


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """RFC 4180; an empty value is an empty field here, since CSV has one."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for values in rows:
        writer.writerow(["" if value in (None, "", ()) else text_of(value) for value in values])
    yield line.getvalue()
