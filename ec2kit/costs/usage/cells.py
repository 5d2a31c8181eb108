"""Cells of a report as SQL expressions: texts, amounts, times, entries of maps, each cast once and strictly. Pure.

A text that should be an amount and is none makes the whole question fail; nothing becomes zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.costs.usage.dialect import DECIMAL, Dialect, literal, name
from ec2kit.costs.usage.formats import Column, Holds, Shape
from ec2kit.errors import UsageError

NOTHING = "CAST(NULL AS VARCHAR)"
NO_AMOUNT = f"CAST(NULL AS {DECIMAL})"
THOUSANDS = r"-?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?"
"""Commas between groups of three digits. `1,5` is none: nobody knows what it means."""


@dataclass(frozen=True)
class Cells:
    """The columns of one report, or of a table, for one dialect; `shown` names it in errors."""

    shape: Shape
    dialect: Dialect
    shown: str
    nulled: bool = False
    """Whether an empty text is NULL already, as it is in CSV: its reader takes a literal `NULL` for that too."""

    def has(self, *columns: str) -> bool:
        """Whether it has all of these columns."""
        return set(columns) <= self.shape.columns.keys()

    def text(self, *columns: str) -> str:
        """The first of these columns that is there and has something in it."""
        found = [self._text(self.shape.columns[each]) for each in columns if self.has(each)]
        return _first(found, NOTHING)

    def amount(self, *columns: str) -> str:
        """The first of these columns that is there, exactly."""
        for each in columns:
            if self.has(each):
                return self._amount(self.shape.columns[each])
        return NO_AMOUNT

    def time(self, *columns: str) -> str:
        """The first of these columns that is there, in UTC."""
        for each in columns:
            if self.has(each):
                return self._time(self.shape.columns[each])
        return "CAST(NULL AS TIMESTAMP)"

    def entry(self, column: str, *keys: str) -> str:
        """The entry of a column that is a map, or JSON, by the first of these keys that it has."""
        if not self.has(column):
            return NOTHING
        found = self.shape.columns[column]
        if found.holds is Holds.MAP:
            return _first([self.dialect.entry(name(found.name), key) for key in keys], NOTHING)
        if found.holds is Holds.TEXT:
            return _first([self.dialect.json_entry(name(found.name), key) for key in keys], NOTHING)
        return NOTHING

    def _text(self, column: Column) -> str:
        if column.holds in (Holds.MAP, Holds.ODD):
            self._refuse(column, "a text")
        cell = name(column.name)
        if column.holds is not Holds.TEXT:
            return f"CAST({cell} AS VARCHAR)"
        return cell if self.nulled else f"nullif({cell}, '')"

    def _amount(self, column: Column) -> str:
        cell = name(column.name)
        if column.holds is Holds.NUMBER:
            return f"CAST({cell} AS {DECIMAL})"
        if column.holds is not Holds.TEXT:
            self._refuse(column, "an amount")
        plain = cell
        if self.dialect is Dialect.DUCKDB:
            grouped = f"contains({cell}, ',') AND regexp_full_match(trim({cell}), {literal(THOUSANDS)})"
            plain = (
                f"CASE WHEN {grouped} THEN replace({cell}, ',', '')"
                f" WHEN contains({cell}, '_') THEN error({_no_amount(cell)}) ELSE {cell} END"
            )
        return f"CAST({plain} AS {DECIMAL})"

    def _time(self, column: Column) -> str:
        if column.holds not in (Holds.TEXT, Holds.TIME):
            self._refuse(column, "a time")
        return f"CAST({name(column.name)} AS TIMESTAMP)"

    def _refuse(self, column: Column, wanted: str) -> None:
        raise UsageError(
            f"{self.shown}: the column '{column.name}' holds {column.holds}, not {wanted}",
            hint="was it converted by another program? use the file as AWS wrote it",
            resource=self.shown,
        )


def _no_amount(cell: str) -> str:
    """DuckDB takes `1_000` for a thousand. The words are its own for what it does not take."""
    return f"'Could not convert string \"' || {cell} || '\" to DECIMAL'"


def _first(found: list[str], nothing: str) -> str:
    if not found:
        return nothing
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"
