"""Verdicts, recoveries and the standing of enrolled machines as columns. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.recovery.heal import Healed
from ec2kit.recovery.status import Standing
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import LEVELS
from ec2kit.screen.columns import Column

CONDITION_STYLES = {
    "healthy": "green",
    "failed": "red",
    "vanished": "red",
    "suspect": "yellow",
    "starting": "yellow",
    "unknown": "yellow",
    "cannot be judged": "yellow",
    "quarantined": "dim",
    "stopped by order": "dim",
}


@dataclass(frozen=True)
class Checked:
    """One machine of `check`, in its region."""

    watched: Watched
    region: str


CHECK_COLUMNS: tuple[Column[Checked], ...] = (
    Column("id", lambda row: row.watched.instance.id),
    Column("name", lambda row: row.watched.instance.name),
    Column("verdict", lambda row: row.watched.judgement.condition, styles=CONDITION_STYLES),
    Column(
        "reasons",
        lambda row: row.watched.judgement.reasons,
        shown=lambda row: "; ".join(row.watched.judgement.reasons),
    ),
    Column("state", lambda row: row.watched.instance.state),
    Column("zone", lambda row: row.watched.instance.zone),
    Column("region", lambda row: row.region, extra=True),
    Column("fenced", lambda row: row.watched.judgement.fenced, extra=True),
    Column("level", lambda row: LEVELS[row.watched.judgement.condition].name.lower(), extra=True),
)

HEALED_COLUMNS: tuple[Column[Healed], ...] = (
    Column("id", lambda row: row.id),
    Column("name", lambda row: row.name),
    Column("result", lambda row: row.result, styles={"healed": "green", "failed": "red", "blocked": "red"}),
    Column("reason", lambda row: row.why),
    Column("successor", lambda row: row.successor or ""),
    Column("lost", lambda row: row.lost),
    Column("moves", lambda row: tuple(row.moves), extra=True),
    Column("began", lambda row: row.began, extra=True),
    Column("ended", lambda row: row.ended, extra=True),
    Column("hint", lambda row: row.hint, extra=True),
    Column("exit", lambda row: int(row.exit), extra=True),
    Column("left", lambda row: row.left, extra=True),
)

STANDING_COLUMNS: tuple[Column[Standing], ...] = (
    Column("id", lambda row: row.id),
    Column("name", lambda row: row.name),
    Column("verdict", lambda row: row.verdict, styles=CONDITION_STYLES),
    Column("reasons", lambda row: row.reasons, shown=lambda row: "; ".join(row.reasons)),
    Column("last_rung", lambda row: row.last_rung),
    Column("failures", lambda row: row.failures),
    Column("last_set_age", lambda row: row.set_age),
    Column("blocked", lambda row: row.blocked, shown=lambda row: "; ".join(row.blocked)),
    Column("policy", lambda row: row.policy, extra=True),
    Column("probes", lambda row: row.probes, extra=True),
    Column("course", lambda row: row.course, extra=True),
    Column("last_set", lambda row: row.set_name, extra=True),
    Column("holds", lambda row: row.holds, shown=lambda row: "; ".join(row.holds), extra=True),
    Column("replaces", lambda row: row.replaces, extra=True),
    Column("replaced_by", lambda row: row.replaced_by, extra=True),
    Column("kept_gib", lambda row: row.kept_gib, extra=True),
    Column("kept_month", lambda row: row.kept_month, extra=True),
)
