"""Reports into one table: each told by its columns, all added up by day in one pass, whatever they are written in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ec2kit.costs.usage.cells import Cells
from ec2kit.costs.usage.database import Database
from ec2kit.costs.usage.dialect import Dialect, literal
from ec2kit.costs.usage.files import Named
from ec2kit.costs.usage.formats import Column, Format, Report, Shape, nearest, shape_of
from ec2kit.costs.usage.lines import select
from ec2kit.costs.usage.locating import LINE_BYTES, of_cell, of_endless, refuse_endless
from ec2kit.costs.usage.opening import Kind, Opened, look, unpacked
from ec2kit.costs.usage.questions import breakdown, by_topic, lines_of, named
from ec2kit.costs.usage.rewriting import FIELDS, rewrite_csv, rewrite_xml, unzip
from ec2kit.costs.usage.trouble import Endless, NoAmount
from ec2kit.costs.usage.wanted import Wanted
from ec2kit.errors import UsageError
from ec2kit.host.files import CACHE_ELSEWHERE, storing

BILL = "bill"
"""The table that all questions are asked of."""
_PART = re.compile(r"[-_]?\d+$")
"""What parts of one report differ by: `shop-00001.csv.gz`, `shop-00002.csv.gz`."""
_YEARS = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
"""Days that can be in a report."""
XML_SHAPE = Shape(Format.USAGE_XML, {name: Column(name) for name in FIELDS})
CSV_SHAPE = Shape(Format.USAGE_CSV, {name: Column(name) for name in FIELDS})


@dataclass(frozen=True)
class Read:
    """A report that was read: how many lines, of which days."""

    report: Report
    lines: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Placed:
    """A report, and the file in the database's directory that stands for it."""

    report: Report
    at: Path
    header: tuple[Column, ...]


def read(database: Database, files: Sequence[Named], tag: str = "") -> list[Read]:
    """Read all files into the table `BILL`. Raises `UsageError` for what is no report, with the line where there is
    one."""
    placed = [_placed(database, each) for each in files]
    _refuse_mixture([each.report for each in placed])
    refuse_endless(placed)
    try:
        database.rows(f"CREATE TABLE {BILL} AS {_named(placed, tag)}")
        counted = database.rows(
            "SELECT report, sum(lines), CAST(min(day) AS VARCHAR), CAST(max(day) AS VARCHAR)"
            f" FROM {BILL} GROUP BY report"
        )
        by_path = {path: (int(lines), _day(first), _day(last)) for path, lines, first, last in counted}
    except NoAmount as error:
        raise of_cell(error, placed) from error
    except Endless as error:
        raise of_endless(error, placed) from error
    result = [Read(each.report, *by_path.get(str(each.at), (0, None, None))) for each in placed]
    _refuse_overlap(result)
    return result


def shapes(database: Database, files: Sequence[Named]) -> list[Shape]:
    """The columns of each file, which is not read. Raises as `read` does."""
    return [_placed(database, each).report.shape for each in files]


def every_line(database: Database, files: Sequence[Named]) -> str:
    """The SELECT of every line of all files, of which nothing is read yet. Raises as `read` does."""
    placed = [_placed(database, each) for each in files]
    _refuse_mixture([each.report for each in placed])
    return "\nUNION ALL\n".join(_lines(group, "") for group in _alike(placed))


def question(database: Database, files: Sequence[Named], wanted: Wanted) -> str:
    """What would be asked of DuckDB, as SQL over the files by the names that they have, which ends in a newline."""
    placed = [_placed(database, each) for each in files]
    _refuse_mixture([each.report for each in placed])
    made = f"WITH {BILL} AS (\n{_named(placed, wanted.tag)}\n)\n"
    for each in placed:
        made = made.replace(literal(str(each.at)), literal(each.report.shown))
    if wanted.dimension:
        return made + breakdown(wanted.dimension, BILL, wanted.where) + "\n"
    return made + by_topic(BILL, wanted.where) + "\n"


def _named(placed: Sequence[Placed], tag: str) -> str:
    return named("\nUNION ALL\n".join(_lines(group, tag) for group in _alike(placed)), ("report",))


def _day(text: str | None) -> date | None:
    """Raises `NoAmount` for one that no bill is of."""
    if text is not None and not _YEARS.fullmatch(text):
        raise NoAmount(f"'{text}' is no time of a bill")
    return None if text is None else date.fromisoformat(text)


def _placed(database: Database, file: Named) -> Placed:
    opened = look(file.path, file.shown)
    if opened.kind is Kind.PARQUET:
        at = database.link(file.path, file.shown, ".parquet")
        header = tuple(database.columns(at))
        return Placed(Report(file.path, file.shown, _shape(header, file), parquet=True), at, header)
    header = tuple(Column(each) for each in opened.header)
    shape = XML_SHAPE if opened.kind is Kind.XML else _shape(header, file)
    report = Report(file.path, file.shown, shape, zipped=opened.zipped, packed=opened.packed)
    if shape.format.has_money and not opened.zipped:
        ending = ".csv.gz" if opened.packed else ".csv"
        return Placed(report, database.link(file.path, file.shown, ending), header)
    at = database.place(file.shown, ".csv")
    _rewrite(report, opened, at)
    if shape.format.has_money:
        return Placed(report, at, header)
    legacy = Report(file.path, file.shown, XML_SHAPE if opened.kind is Kind.XML else CSV_SHAPE)
    return Placed(legacy, at, tuple(legacy.shape.columns.values()))


def _shape(header: Sequence[Column], file: Named) -> Shape:
    shape = shape_of(header)
    if shape is None:
        missing = nearest(column.name for column in header)
        raise UsageError(
            f"'{file.shown}' is none of AWS's reports" + (f": {missing}" if missing else ""),
            hint="a usage report (CSV, XML), a CUR (1.0, 2.0) or FOCUS; the header is the first line",
            resource=file.shown,
        )
    doubled = [column.name for column in header if [each.name for each in header].count(column.name) > 1]
    if doubled and shape.format.has_money:
        raise UsageError(f"'{file.shown}' has the column '{doubled[0]}' twice", resource=file.shown)
    return shape


def _rewrite(report: Report, opened: Opened, at: Path) -> None:
    unpacking = unpacked(report.path, report.shown, packed=opened.packed, zipped=opened.zipped)
    with storing(at, CACHE_ELSEWHERE), unpacking as source:
        if opened.kind is Kind.XML:
            rewrite_xml(source, report.shown, at)
        elif report.format.has_money:
            unzip(source, report.shown, report.path.stat().st_size, at)
        else:
            rewrite_csv(source, report.shown, at)


def _alike(placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    groups: dict[tuple[Any, ...], list[Placed]] = {}
    for each in placed:
        groups.setdefault((each.report.format, each.report.parquet, each.header), []).append(each)
    yield from groups.values()


def _lines(group: Sequence[Placed], tag: str) -> str:
    first = group[0]
    paths = "[" + ", ".join(literal(str(each.at)) for each in group) + "]"
    if first.report.parquet:
        source = f"read_parquet({paths}, filename = true, hive_partitioning = false)"
    else:
        columns = ", ".join(f"{literal(column.name)}: 'VARCHAR'" for column in first.header)
        source = (
            f"read_csv({paths}, columns = {{{columns}}}, auto_detect = false, header = true, delim = ',',"
            " quote = '\"', escape = '\"', nullstr = ['', 'NULL'], filename = true, hive_partitioning = false,"
            f" max_line_size = {LINE_BYTES}, buffer_size = {LINE_BYTES * 4}"
            + (", parallel = false)" if first.at.suffix == ".gz" else ")")
        )
    nulled = not first.report.parquet
    cells = Cells(first.report.shape, Dialect.DUCKDB, f"'{first.report.shown}'", nulled)
    return lines_of(select(cells, tag), source, {"report": "filename"})


def _refuse_mixture(reports: Sequence[Report]) -> None:
    bare = [each for each in reports if not each.format.has_money]
    if bare and len(bare) != len(reports):
        other = next(each for each in reports if each.format.has_money)
        raise UsageError(
            f"'{bare[0].shown}' ({bare[0].format}) and '{other.shown}' ({other.format}) are of two kinds",
            hint="both have the same usage: name those of one kind",
        )


def _refuse_overlap(reads: Sequence[Read]) -> None:
    """One month in two formats is one bill twice."""
    months: dict[tuple[int, int], Read] = {}
    for each in reads:
        for month in _months(each):
            other = months.setdefault(month, each)
            if other.report.format is not each.report.format and each.report.format.has_money:
                raise UsageError(
                    f"'{other.report.shown}' ({other.report.format}) and '{each.report.shown}'"
                    f" ({each.report.format}) both have {month[0]}-{month[1]:02}",
                    hint="that is one bill in two formats: name those of one",
                )


def remarks(reads: Sequence[Read]) -> list[str]:
    """What is to be said of months that are in several reports, which are no parts of one by their names."""
    by_month: dict[tuple[int, int], dict[tuple[Path, str], str]] = {}
    for each in reads:
        stem = _PART.sub("", each.report.path.name.partition(".")[0])
        for month in _months(each):
            by_month.setdefault(month, {})[each.report.path.parent, stem] = each.report.shown
    return [
        f"{year}-{month:02} is in {' and '.join(map(repr, named.values()))}: added up;"
        " name the last one alone if they are versions of one report"
        for (year, month), named in sorted(by_month.items())
        if len(named) > 1
    ]


def _months(read: Read) -> Iterator[tuple[int, int]]:
    if read.first is None or read.last is None:
        return
    year, month = read.first.year, read.first.month
    while (year, month) <= (read.last.year, read.last.month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
