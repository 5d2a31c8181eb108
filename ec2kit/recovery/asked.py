"""What a recovery has really asked of AWS, by its own journal: from there the time to a harder stop counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ec2kit.engine.book import is_empty
from ec2kit.model.instances import State
from ec2kit.model.runs import Journal
from ec2kit.recovery.failures import next_number, recovery_run
from ec2kit.recovery.seen import Seen


def with_asked(seen: Seen, journal: Journal, now: datetime) -> Seen:
    """Given a look, this monitor's journal and its clock's time, return the look with how long ago each step of the
    recovery was asked for.

    Only of a machine that is stopping: nothing else is pressed. A refused call asked for nothing. A monitor without
    the journal knows of no stop, and begins with the plain one.
    """
    if seen.old.state is not State.STOPPING:
        return seen
    first: dict[str, datetime] = {}
    for record in journal.steps(recovery_run(seen.old.id, next_number(seen.old.tags))):
        if not is_empty(record):
            first[record.key] = min(first.get(record.key, record.at), record.at)
    return replace(seen, asked={key: now - at for key, at in first.items()})
