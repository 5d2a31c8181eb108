"""What DuckDB and Athena say differently; everything else of the questions is the same SQL. Pure.

Athena's is Trino's (Athena User Guide, "Functions in Amazon Athena"): `element_at` gives NULL for a key that a map
has not, where DuckDB's brackets do.
"""

from __future__ import annotations

from enum import StrEnum

DECIMAL = "DECIMAL(38,12)"
"""Of every amount and quantity: 26 digits before the point, and more after it than AWS bills (10)."""


class Dialect(StrEnum):
    """Whose SQL."""

    DUCKDB = "duckdb"
    ATHENA = "athena"

    def entry(self, column: str, key: str) -> str:
        """The value of a key in a map; NULL when it has none."""
        if self is Dialect.ATHENA:
            return f"element_at({column}, {literal(key)})"
        return f"{column}[{literal(key)}]"

    def json_entry(self, column: str, key: str) -> str:
        """The same of a map that is written as JSON."""
        function = "json_extract_scalar" if self is Dialect.ATHENA else "json_extract_string"
        return f"{function}({column}, {_path(key)})"


def _path(key: str) -> str:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return literal(f'$."{quoted}"')


def literal(text: str) -> str:
    """Given a text, return it as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    """Given a column's name, return it as SQL has it, whatever is in it."""
    return '"' + column.replace('"', '""') + '"'


def pattern(text: str) -> str:
    """Given a text with `*` for any characters, return the condition that a value is it: ` = '…'` or ` LIKE '…'`."""
    if "*" not in text:
        return f"= {literal(text)}"
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("*", "%")
    return f"LIKE {literal(escaped)} ESCAPE '!'"


def any_like(value: str, patterns: tuple[str, ...]) -> str:
    """Given an expression and LIKE patterns, return the condition that it is like one of them."""
    return "(" + " OR ".join(f"{value} LIKE {literal(each)}" for each in patterns) + ")"
