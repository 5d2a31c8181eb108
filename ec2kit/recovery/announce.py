"""What is said, and when: on a change, hourly until it ends, and once when it has ended. Pure, but for its memory.

What was last said is kept in the evidence store of this machine: a cron job that runs each minute must not send a
mail each minute, and one that lost its memory says everything once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ec2kit.model.ids import InstanceId
from ec2kit.model.periods import format_duration, format_time, parse_time
from ec2kit.model.runs import EvidenceStore
from ec2kit.model.tags import REPLACES
from ec2kit.recovery.judge import Condition
from ec2kit.recovery.troubles import MONITOR, STORM, Trouble
from ec2kit.recovery.watch import Watch

REMIND = timedelta(hours=1)
"""How long somebody may forget what is wrong."""
LINES = 10
"""The longest message: what does not fit on a screen of a telephone is not read at night."""
MORE = "ec2kit recovery status shows everything"


@dataclass(frozen=True)
class Said:
    """A trouble as last said: its name and shape, since when it is, and when it was told."""

    name: str
    shape: str
    since: datetime
    told: datetime


@dataclass(frozen=True)
class Ended:
    """How something that was said is over."""

    how: str
    words: str = ""


WELL_AGAIN = Ended("is well again")


@dataclass(frozen=True)
class Announcement:
    """What is to be said now, and what to remember of it."""

    lines: tuple[str, ...]
    memory: Mapping[str, Said]


def announce(
    troubles: Sequence[Trouble], ended: Mapping[str, Ended], before: Mapping[str, Said], now: datetime
) -> Announcement:
    """Given what is wrong, what is over (by key) and what was said before, return what to say.

    A key that was said and is neither wrong nor over now (suspect, starting, unknown) is kept and not mentioned.
    """
    lines: list[str] = []
    hints: list[str] = []
    memory = dict(before)
    for trouble in troubles:
        if trouble.quiet:
            continue
        told = before.get(trouble.key)
        if told is not None and told.shape == shape(trouble):
            if now - told.told < REMIND:
                continue
            since = format_duration(now - told.since)
            lines.append(f"still, for {since}: {trouble}")
            memory[trouble.key] = replace(told, told=now)
        else:
            lines.append(str(trouble))
            since_when = told.since if told else now
            memory[trouble.key] = Said(trouble.name, shape(trouble), since_when, now)
        if trouble.once:
            del memory[trouble.key]
        if trouble.hint and trouble.hint not in hints:
            hints.append(trouble.hint)
    wrong = {trouble.key for trouble in troubles}
    for key, told in before.items():
        if key in ended and key not in wrong:
            over = ended[key]
            words = f": {over.words}" if over.words else ""
            lines.append(f"{told.name} {over.how} after {format_duration(now - told.since)}{words}")
            memory.pop(key, None)
    return Announcement(shorten(lines, hints), memory)


def shape(trouble: Trouble) -> str:
    """Given a trouble, return it without what changes by itself: one that only lasts longer is the same one."""
    return re.sub(
        r"[0-9][0-9a-zA-Z.:+-]*", "#", f"{trouble.level.name} {trouble.what} {trouble.kind}".rstrip()
    )


def shorten(lines: Sequence[str], hints: Sequence[str] = ()) -> tuple[str, ...]:
    """Given a message's lines and hints, return at most ten lines, the hints last, saying how much is left out."""
    kept = [f"hint: {hint}" for hint in hints[:2]]
    room = LINES - len(kept)
    if len(lines) <= room:
        return (*lines, *kept)
    return (*lines[: room - 1], f"and {len(lines) - room + 1} more: {MORE}", *kept)


def ended_of(look: Watch, before: Mapping[str, Said]) -> dict[str, Ended]:
    """Given a look and what was said before, return what is over. With a sick monitor nothing is."""
    if not look.control.well:
        return {}
    by_id = {each.instance.id: each for each in look.machines}
    heirs = {each.instance.tags.get(REPLACES, ""): each for each in look.machines}
    found: dict[str, Ended] = {}
    for key in before:
        watched = by_id.get(InstanceId(key)) or heirs.get(key)
        if key == MONITOR:
            found[key] = WELL_AGAIN
        elif key == STORM and look.storm:
            continue
        elif key == STORM:
            found[key] = Ended("has ended")
        elif watched is None:
            found[key] = Ended("is not watched any more")
        elif watched.judgement.condition in (Condition.HEALTHY, Condition.WILLED):
            heir = f"replaced by {watched.instance.id}, which is " if watched.instance.id != key else ""
            found[key] = Ended(
                "is well again" if not watched.judgement.fenced else "ended", heir + str(watched.judgement)
            )
    return found


def recall(store: EvidenceStore, prefix: str) -> dict[str, Said]:
    """What was last said under this prefix, by key."""
    return {
        key.removeprefix(prefix): Said(
            value["name"], value["shape"], parse_time(value["since"]), parse_time(value["told"])
        )
        for key, value in store.recall_all(prefix).items()
    }


def keep(store: EvidenceStore, prefix: str, before: Mapping[str, Said], after: Mapping[str, Said]) -> None:
    """Remember what was said; only what changed is written."""
    for key, said in after.items():
        if before.get(key) != said:
            store.remember(
                prefix + key,
                {
                    "name": said.name,
                    "shape": said.shape,
                    "since": format_time(said.since),
                    "told": format_time(said.told),
                },
            )
    for key in before.keys() - after.keys():
        store.forget(prefix + key)
