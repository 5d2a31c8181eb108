"""What output is written on: the format that was asked for, and the terminal's width and colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """What `-o` may be."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    TSV = "tsv"
    CSV = "csv"
    IDS = "ids"

    @property
    def is_json(self) -> bool:
        """Whether a machine reads stdout and, for errors, stderr."""
        return self in (Format.JSON, Format.JSONL)


@dataclass(frozen=True)
class Paper:
    """What text is written on: the format, how wide a terminal is, and whether it has colours."""

    format: Format
    width: int = 100
    colour: bool = False
    columns: tuple[str, ...] = ()
