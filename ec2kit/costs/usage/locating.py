"""Where in a report the fault is: its file and line, found by reading the files once more, slowly. And ends of files
that DuckDB leaves out without a word."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import IO, Protocol

from ec2kit.costs.usage.cells import THOUSANDS
from ec2kit.costs.usage.formats import Column, Report
from ec2kit.costs.usage.opening import unpacked
from ec2kit.costs.usage.trouble import Endless, NoAmount
from ec2kit.errors import UsageError

LINE_BYTES = 2_000_000
"""That of any real report has some kB."""
_AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
MOST_DIGITS = 26


class Placed(Protocol):
    """A report, and the file that stands for it."""

    @property
    def report(self) -> Report:
        """The report."""

    @property
    def at(self) -> Path:
        """The file."""

    @property
    def header(self) -> tuple[Column, ...]:
        """Its columns."""


def of_cell(error: NoAmount, placed: Sequence[Placed]) -> UsageError:
    """The same error, with the file and line of the cell where it is found."""
    value, known, _ = error.message.partition("' is no ")
    for each in placed if known else ():
        if each.report.parquet:
            continue
        with _lines(each) as source:
            line = _line_of(source, value.removeprefix("'"), [column.name for column in each.header])
        if line:
            return UsageError(
                f"'{each.report.shown}', line {line[0]}: {error.message} ({line[1]})",
                resource=each.report.shown,
            )
    return error


def of_endless(error: Endless, placed: Sequence[Placed]) -> UsageError:
    """The same error, with the file and the line that has no end."""
    for each in placed:
        if each.report.parquet:
            continue
        with _lines(each) as source:
            number = 0
            while line := source.readline(LINE_BYTES):
                number += 1
                if len(line) >= LINE_BYTES:
                    return _endless(each, f", line {number}")
    return error


def refuse_endless(placed: Sequence[Placed]) -> None:
    """Raises `UsageError` for a file whose last line is longer than a reader's buffer: in parallel DuckDB takes it for
    nothing. Packed files are not read in parallel."""
    for each in placed:
        if each.at.suffix == ".csv" and not _ends(each.at):
            raise _endless(each, ", the last line")


def _ends(path: Path) -> bool:
    """Whether a record begins in the file's last bytes, or the file is no longer than they are: a line break with an
    even number of quotes after it."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= LINE_BYTES:
            return True
        file.seek(size - LINE_BYTES)
        tail = file.read().rstrip(b"\r\n")
    end = len(tail)
    quotes = 0
    while (at := tail.rfind(b"\n", 0, end)) >= 0:
        quotes += tail.count(b'"', at, end)
        if not quotes % 2:
            return True
        end = at
    return False


def _endless(placed: Placed, where: str) -> UsageError:
    shown = placed.report.shown
    return UsageError(f"'{shown}'{where}: it has no end within 2 MB", resource=shown)


def _lines(placed: Placed) -> AbstractContextManager[IO[bytes]]:
    packed = placed.at.name.endswith(".gz")
    return unpacked(placed.at, placed.report.shown, packed=packed, zipped=False)


def _line_of(lines: IO[bytes], value: str, header: list[str]) -> tuple[int, str] | None:
    reader = csv.reader(line.decode("utf-8", "replace") for line in lines)
    try:
        for cells in reader:
            for name, cell in zip(header, cells, strict=False):
                if cell[: len(value)] == value and reader.line_num > 1 and not _is_amount(cell):
                    return reader.line_num, name
    except csv.Error:
        # A cell that is longer than Python's reader takes: the error stays without a line.
        return None
    return None


def _is_amount(cell: str) -> bool:
    text = cell.strip()
    plain = text.replace(",", "") if re.fullmatch(THOUSANDS, text) else text
    return bool(_AMOUNT.fullmatch(plain)) and Decimal(plain).adjusted() < MOST_DIGITS
