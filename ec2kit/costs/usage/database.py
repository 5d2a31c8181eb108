"""DuckDB, locked in: no network, no extensions, no file but those of its own directory, no more memory than it was
given.

Reports are linked into that directory under names of ours, so that no name of a file is ever part of a question.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ec2kit.costs.usage.dialect import literal
from ec2kit.costs.usage.formats import Column, Holds
from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host.files import CACHE_ELSEWHERE
from ec2kit.host.workplace import workplace

if TYPE_CHECKING:
    import duckdb

MISSING = "usage reports are read by the package duckdb, which is not installed"
KIND = "usage"
"""Of the work directories."""
MEMORY_MIB = 2048
"""What does not fit goes to the disk: a machine that sums up its bill has other things to do too."""
LEAST_MIB = 128
A_THREAD_MIB = 256
"""Each reads and adds up by itself, and does not give its memory back for others."""
_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)\b")


class Database:
    """One connection; `directory` is where reports are linked and what does not fit in memory is put."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
        self._connection = connection
        self.directory = directory
        self.names: dict[str, str] = {}
        """What a person calls each linked file."""

    def link(self, path: Path, shown: str, ending: str) -> Path:
        """Give a file a name of ours here."""
        linked = self.place(shown, ending)
        linked.symlink_to(path.resolve())
        return linked

    def place(self, shown: str, ending: str) -> Path:
        """A name for a file that is to be made here."""
        made = self.directory / f"report-{len(self.names) + 1:06}{ending}"
        self.names[str(made)] = shown
        return made

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask; raises `Ec2kitError` in the words of whoever knows the reports: see `ec2kit.costs.usage.trouble`."""
        from ec2kit.costs.usage.trouble import told

        with told(self.names):
            return self._connection.execute(question).fetchall()

    def columns(self, parquet: Path) -> list[Column]:
        """The columns of a Parquet file."""
        found = self.rows(f"DESCRIBE SELECT * FROM read_parquet({literal(str(parquet))})")
        return [Column(str(name), _holds(str(type))) for name, type, *_ in found]


def _holds(type: str) -> Holds:
    if type == "VARCHAR":
        return Holds.TEXT
    if type.startswith("TIMESTAMP") or type == "DATE":
        return Holds.TIME
    if type.startswith("MAP("):
        return Holds.MAP
    return Holds.NUMBER if _NUMBER.match(type) and "[" not in type else Holds.ODD


@contextmanager
def database(parent: Path, reports: Sequence[Path] = (), memory_mib: int = MEMORY_MIB) -> Iterator[Database]:
    """A database for the block that may read these reports, in a directory below `parent` that is removed with it.

    Raises `UsageError` where DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(MISSING, hint="pip install 'ec2kit[usage]'") from error
    with workplace(KIND, parent, CACHE_ELSEWHERE) as directory:
        spill = directory / "spill"
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": False,
            "memory_limit": f"{max(memory_mib, LEAST_MIB)}MiB",
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
            "threads": max(1, min(os.cpu_count() or 1, memory_mib // A_THREAD_MIB)),
        }
        try:
            connection = duckdb.connect(":memory:", config=settings)
        except duckdb.Error as error:
            raise Ec2kitError(f"DuckDB {duckdb.__version__} does not start: {error}") from error
        try:
            for setting in _locks(directory, reports):
                connection.execute(setting)
            yield Database(connection, directory)
        finally:
            connection.close()


def _locks(directory: Path, reports: Sequence[Path]) -> Sequence[str]:
    """The order matters: the last one makes the others final. A link's own target has to be allowed."""
    targets = ", ".join(literal(str(each.resolve())) for each in reports)
    return (
        f"SET allowed_paths = [{targets}]",
        f"SET allowed_directories = [{literal(str(directory))}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    )
