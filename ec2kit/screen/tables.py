"""Tables for a terminal. The only importer of rich's tables: everything else stays quick without it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ec2kit.screen.columns import Column
from ec2kit.screen.paper import Paper
from ec2kit.screen.values import text_of

Row = TypeVar("Row")

WORD = 30
"""Characters up to which a cell is never folded: ids are 26 at most, addresses of IPv6 are 39 but rare."""


def table_text(columns: Sequence[Column[Row]], rows: Sequence[Row], paper: Paper) -> str:
    """Given columns and rows, return a table without lines. Nothing is cut: long texts are folded to fit the width,
    and ids and addresses stay whole even where that makes the lines longer than the terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    drawn = [[_cell(column, row) for column in columns] for row in rows]
    least = 0
    for number, column in enumerate(columns):
        widest = max(len(column.name), *(cells[number].cell_len for cells in drawn))
        least += min(widest, WORD) + 2
        table.add_column(column.name, overflow="fold", min_width=min(widest, WORD))
    for cells in drawn:
        table.add_row(*cells)
    return _drawn(table, replace(paper, width=max(paper.width, least)))


def pairs_text(pairs: Sequence[tuple[str, str]], paper: Paper) -> str:
    """Given labels and texts, return them as two aligned columns without a header; texts may have lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in pairs:
        table.add_row(Text(label), Text("\n".join(text_of(line) for line in text.split("\n"))))
    return _drawn(table, paper)


def _cell(column: Column[Row], row: Row) -> Text:
    text = text_of(column.shown(row)) if column.shown else text_of(column.value(row))
    return Text(text, style=column.styles.get(text, ""))


def _drawn(table: Table, paper: Paper) -> str:
    console = Console(
        file=io.StringIO(),
        width=paper.width,
        force_terminal=paper.colour,
        color_system="standard" if paper.colour else None,
        no_color=not paper.colour,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())
