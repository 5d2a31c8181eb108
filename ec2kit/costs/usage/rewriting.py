"""Old usage reports and zip files as plain CSV in the database's directory, line by line: what DuckDB reads then is
clean.

The header has a blank after each comma, `Resource` may be missing, rows may end in more commas, the last line may
be nothing but commas, numbers may have thousands separators, times are `MM/DD/YY HH:MM:SS` in GMT. In XML the
elements have the columns' names, whatever namespace and root.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO
from xml.parsers import expat

from ec2kit.costs.usage.formats import LEGACY
from ec2kit.errors import UsageError

FIELDS = ("service", "operation", "usagetype", "resource", "starttime", "endtime", "usagevalue")
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?|[+-]?\.\d+", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
MOST_TIMES = 250
"""How many times its packed size a zip may unpack to: a report does some thirty times, a bomb a thousand."""
FREELY = 64 << 20
"""Bytes that any zip may unpack to."""
LONGEST = 1 << 16
"""Characters of a value: they are names."""

Row = tuple[str, ...]


def rewrite_csv(source: IO[bytes], shown: str, target: Path) -> None:
    """Write an old CSV report's rows to `target` in the order of `FIELDS`. Raises `UsageError` with the line."""
    with io.TextIOWrapper(source, "utf-8-sig", newline="") as text:
        _write(csv_rows(text, shown), target)


def rewrite_xml(source: IO[bytes], shown: str, target: Path) -> None:
    """The same of an XML report, of which no more is in memory than one element."""
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FIELDS)
        reading = _Elements(shown, writer.writerow)
        try:
            reading.parser.ParseFile(source)
        except expat.ExpatError as error:
            why = expat.errors.messages.get(error.code, str(error.code))
            raise UsageError(f"'{shown}', line {error.lineno}: {why} (XML)", resource=shown) from error
        if not reading.found:
            raise UsageError(
                f"'{shown}' is XML, and no usage report: there is no OperationUsage", resource=shown
            )


def unzip(source: IO[bytes], shown: str, packed_bytes: int, target: Path) -> None:
    """Unpack a zip's only file to `target`. Raises `UsageError` when it grows as no report does."""
    most = max(FREELY, packed_bytes * MOST_TIMES)
    written = 0
    with target.open("wb") as out:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            if written > most:
                raise UsageError(
                    f"'{shown}' unpacks to more than {most >> 20} MiB, which no report of its size does",
                    hint="unpack it yourself if you trust it, and name what is in it",
                    resource=shown,
                )
            out.write(chunk)


def csv_rows(text: IO[str], shown: str) -> Iterator[Row]:
    """Given an old report's text, yield its rows in the order of `FIELDS`; raises `UsageError` with the line."""
    reader = csv.reader(text, skipinitialspace=True, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        while header and not header[-1]:
            header.pop()
        order = _order(header, shown)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                where = f"'{shown}', line {reader.line_num}"
                fitted = _fitted(cells, len(header), where)
                yield _clean([fitted[at].strip() if at >= 0 else "" for at in order], where, shown)
    except csv.Error as error:
        raise UsageError(f"'{shown}', line {reader.line_num}: {error}", resource=shown) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"'{shown}', after line {reader.line_num}: it is not UTF-8", resource=shown
        ) from error


def _write(rows: Iterator[Row], target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(rows)


def _order(header: Sequence[str], shown: str) -> list[int]:
    for name in LEGACY:
        if header.count(name) != 1:
            raise UsageError(f"'{shown}' has the column '{name}' {header.count(name)} times", resource=shown)
    return [header.index(name) if name in header else -1 for name in FIELDS]


def _fitted(cells: list[str], width: int, where: str) -> list[str]:
    """As many cells as the header has: empty ones at the end are dropped, a number that commas have cut is joined."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > width and _GROUPED.fullmatch(number := ",".join(cells[width - 1 :]).strip()):
        return [*cells[: width - 1], number]
    if len(cells) != width:
        raise UsageError(f"{where}: {len(cells)} columns where the header has {width}")
    return cells


def _clean(values: list[str], where: str, shown: str) -> Row:
    *names, start, end, value = values
    try:
        times = [_time(start), _time(end)]
    except ValueError as error:
        raise UsageError(f"{where}: '{start}' to '{end}' is no time", resource=shown) from error
    number = value.replace(",", "") if _GROUPED.fullmatch(value) else value
    if not _PLAIN.fullmatch(number):
        raise UsageError(f"{where}: '{value[:60]}' is no amount", resource=shown)
    return (*names, *times, number)


@lru_cache(maxsize=4096)
def _time(text: str) -> str:
    """A report has few times, and many rows of each. Raises `ValueError`."""
    if "/" in text:
        return datetime.strptime(text, "%m/%d/%y %H:%M:%S").isoformat(" ")  # noqa: DTZ007  GMT, kept without a zone
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(" ")


class _Elements:
    """Collects each OperationUsage; declarations of documents are refused, and so are entities."""

    def __init__(self, shown: str, write: Callable[[Row], object]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.found = 0
        self._shown, self._write = shown, write
        self._values: dict[str, str] = {}
        self._heard: list[str] = []
        self._inside = False

    @property
    def _where(self) -> str:
        return f"'{self._shown}', line {self.parser.CurrentLineNumber}"

    def _doctype(self, *_: object) -> None:
        raise UsageError(f"{self._where}: a report has no DOCTYPE", resource=self._shown)

    def _start(self, name: str, _attributes: object) -> None:
        self._heard = []
        if _local(name) == "operationusage":
            self._inside, self._values = True, {}

    def _text(self, text: str) -> None:
        if not self._inside:
            return
        self._heard.append(text)
        if sum(map(len, self._heard)) > LONGEST:
            raise UsageError(f"{self._where}: a value without an end", resource=self._shown)

    def _end(self, name: str) -> None:
        local = _local(name)
        if local == "operationusage":
            self._row()
        elif self._inside and local in (*FIELDS, "servicename", "operationname"):
            self._values[local.removesuffix("name")] = "".join(self._heard).strip()
        self._heard = []

    def _row(self) -> None:
        self._inside = False
        missing = [name for name in LEGACY if name not in self._values]
        if missing:
            raise UsageError(f"{self._where}: an OperationUsage without {missing[0]}", resource=self._shown)
        self.found += 1
        self._write(_clean([self._values.get(name, "") for name in FIELDS], self._where, self._shown))


@lru_cache(maxsize=1024)
def _local(name: str) -> str:
    return name.rpartition(":")[2].rpartition("}")[2].lower()
