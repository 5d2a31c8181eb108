"""Journal and leases among real processes: together, and killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.host.journal import SqliteJournal
from ec2kit.host.leases import SqliteLeases
from ec2kit.model.ids import RunId
from ec2kit.model.runs import Run, RunState, StepRecord, StepState
from tests.host.children import child, run_together

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TTL = timedelta(hours=1)
RUN = Run(
    id=RunId("r1"),
    intent="abc",
    argv=("launch",),
    who="alice",
    host="bastion",
    account="123456789012",
    region="eu-west-1",
    endpoint="",
    plan=None,
    state=RunState.RUNNING,
    started=NOW,
)
STEP = StepRecord(
    RUN.id, "launch/web-1", 0, "run-instance", (), "asked for", {}, "token", StepState.INTENT, NOW
)

STEPS = """
import sys
from dataclasses import replace
from pathlib import Path
from ec2kit.host.journal import SqliteJournal
from tests.host.test_stores import STEP
journal = SqliteJournal(Path(sys.argv[1]) / "journal.sqlite", Path(sys.argv[1]) / "locks")
for number in range(50):
    journal.write_step(replace(STEP, key=f"{sys.argv[2]}/{number}"))
"""

HOLD = """
import sys
from pathlib import Path
from ec2kit.host.journal import SqliteJournal
from tests.host.test_stores import RUN
journal = SqliteJournal(Path(sys.argv[1]) / "journal.sqlite", Path(sys.argv[1]) / "locks")
with journal.hold(RUN.id) as held:
    assert held
    print("ready", flush=True)
    sys.stdin.read()
"""

LEASE = """
import sys
from datetime import timedelta
from pathlib import Path
from ec2kit.host.leases import SqliteLeases
from tests.host.test_stores import NOW, TTL
leases = SqliteLeases(Path(sys.argv[1]) / "leases.sqlite", Path(sys.argv[1]) / "locks")
assert leases.acquire("recovery/i-1", "child", TTL, NOW)
print("ready", flush=True)
sys.stdin.read()
"""

# All want the same lease; the winner keeps it until all have tried.
RACE = """
import sys, threading
from pathlib import Path
from ec2kit.host.leases import SqliteLeases
from tests.host.test_stores import NOW, TTL
directory = Path(sys.argv[1])
leases = SqliteLeases(directory / "leases.sqlite", directory / "locks")
lease = leases.acquire("recovery/i-1", sys.argv[2], TTL, NOW)
(directory / f"tried-{sys.argv[2]}").write_text("won" if lease else "lost")
while len(list(directory.glob("tried-*"))) < 4:
    threading.Event().wait(0.02)
"""


@pytest.fixture
def journal(tmp_path: Path) -> SqliteJournal:
    return SqliteJournal(tmp_path / "journal.sqlite", tmp_path / "locks")


@pytest.fixture
def leases(tmp_path: Path) -> SqliteLeases:
    return SqliteLeases(tmp_path / "leases.sqlite", tmp_path / "locks")


def test_two_processes_write_steps_of_one_journal_and_none_is_lost(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    journal.open_run(RUN)

    assert run_together(STEPS, 2, str(tmp_path)) == [0, 0]
    keys = [record.key for record in journal.steps(RUN.id)]
    assert sorted(keys) == sorted(f"{process}/{number}" for process in range(2) for number in range(50))
    for process in range(2):
        own = [key for key in keys if key.startswith(f"{process}/")]
        assert own == [f"{process}/{number}" for number in range(50)]
    journal.close()


def test_a_run_whose_process_was_killed_is_free_and_its_journal_readable(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    journal.open_run(RUN)
    with child(HOLD, str(tmp_path)) as process:
        assert journal.is_held(RUN.id)
        with journal.hold(RUN.id) as held:
            assert not held
        process.kill()
        process.wait()
        assert not journal.is_held(RUN.id)
        with journal.hold(RUN.id) as held:
            assert held
    assert journal.run(RUN.id) == RUN
    journal.close()


def test_a_killed_holders_lease_is_taken_over_at_once_long_before_it_expires(
    leases: SqliteLeases, tmp_path: Path
) -> None:
    with child(LEASE, str(tmp_path)) as process:
        assert leases.acquire("recovery/i-1", "parent", TTL, NOW) is None
        assert [lease.holder for lease in leases.held("recovery/", NOW)] == ["child"]
        process.kill()
        process.wait()
        assert leases.held("recovery/", NOW) == ()
        lost = leases.read("recovery/i-1")
        taken = leases.acquire("recovery/i-1", "parent", TTL, NOW)
    assert lost is not None
    assert taken is not None
    assert (lost.holder, taken.holder) == ("child", "parent")
    assert leases.renew(lost, TTL, NOW) is None
    leases.release(taken)
    assert list((tmp_path / "locks").iterdir()) == []
    leases.close()


def test_a_slow_holder_that_ends_later_does_not_end_its_successors_lease(
    leases: SqliteLeases, tmp_path: Path
) -> None:
    later = NOW + 2 * TTL
    with child(LEASE, str(tmp_path)) as process:
        successor = leases.acquire("recovery/i-1", "parent", TTL, later)
        assert successor is not None
        process.kill()
        process.wait()
    other = SqliteLeases(tmp_path / "leases.sqlite", tmp_path / "locks")
    assert other.acquire("recovery/i-1", "third", TTL, later) is None
    assert other.held("", later) == (successor,)
    other.close()
    leases.close()


def test_of_many_processes_one_gets_the_lease(tmp_path: Path) -> None:
    assert run_together(RACE, 4, str(tmp_path)) == [0, 0, 0, 0]
    assert sorted(path.read_text() for path in tmp_path.glob("tried-*")) == ["lost", "lost", "lost", "won"]


def test_an_intent_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite", tmp_path / "locks")
    journal.open_run(RUN)
    journal.close()

    with pytest.raises(Ec2kitError, match="cannot be used"):
        journal.write_step(replace(STEP, attempt=1))
