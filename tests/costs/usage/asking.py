"""Asking reports, as the command does."""

from __future__ import annotations

from pathlib import Path

from ec2kit.costs.usage.answers import Answer, Item, ask, broken_down
from ec2kit.costs.usage.database import MEMORY_MIB, database
from ec2kit.costs.usage.files import find
from ec2kit.costs.usage.lacking import lacks
from ec2kit.costs.usage.reading import read, remarks
from ec2kit.costs.usage.wanted import wanted


def answer(*paths: Path, where: str = "", memory: int = MEMORY_MIB) -> Answer:
    """Everything that some files say."""
    want = wanted(filters=(where,) if where else ())
    found = find([str(path) for path in paths], Path.cwd())
    parent = paths[0].parent / "cache"
    parent.mkdir(exist_ok=True)
    with database(parent, [each.path for each in found.files], memory) as base:
        reads = read(base, found.files)
        return ask(base, reads, [*found.notes, *remarks(reads), *lacks(base, reads, want)], want.where)


def breakdown(*paths: Path, by: str, where: tuple[str, ...] = ()) -> dict[str, Item]:
    """What each value of a dimension costs."""
    want = wanted(by, filters=where)
    found = find([str(path) for path in paths], Path.cwd())
    parent = paths[0].parent / "cache"
    parent.mkdir(exist_ok=True)
    with database(parent, [each.path for each in found.files]) as base:
        read(base, found.files, want.tag)
        return {item.topic: item for item in broken_down(base, want.dimension, want.where)}


def breakdowns(path: Path, dimensions: tuple[str, ...], tag: str) -> list[list[Item]]:
    """What each value of several dimensions costs, of a report that is read once."""
    with database(path.parent, [path]) as base:
        read(base, find([str(path)], Path.cwd()).files, tag)
        return [list(broken_down(base, dimension)) for dimension in dimensions]
