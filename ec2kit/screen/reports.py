"""What happened to each item of a changing command, in the shape that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ec2kit.errors import Exit
from ec2kit.screen.columns import STATE_STYLES, Column


class Happened(StrEnum):
    """How an item ended: `skipped` was left out (a safety rule, or something it needed failed)."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Item:
    """One line of a bulk report; `exit` is the code this item alone would have ended with."""

    id: str
    name: str
    action: str
    result: Happened
    reason: str = ""
    resource: str = ""
    exit: Exit = Exit.DONE


ITEM_COLUMNS: tuple[Column[Item], ...] = (
    Column("id", lambda item: item.id),
    Column("name", lambda item: item.name),
    Column("action", lambda item: item.action),
    Column("result", lambda item: item.result, styles=STATE_STYLES),
    Column("reason", lambda item: item.reason),
    Column("resource", lambda item: item.resource),
)


def exit_of(items: Sequence[Item]) -> Exit:
    """Given all items, return the command's exit code: all ended badly alike is that code, some is PARTIAL."""
    codes = {item.exit for item in items}
    if codes <= {Exit.DONE}:
        return Exit.DONE
    return codes.pop() if len(codes) == 1 else Exit.PARTIAL
