"""A disk becomes a snapshot: only what is there, going on after a kill, clean after a failure."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.blocks.data import ZEROS
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import Exit, Interrupted
from ec2kit.model.ids import RunId
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.faults import Effect
from tests.blocks.disks import disk_of, filled, make_disk, spoil_once, uploaded
from tests.blocks.uploads import Uploads, uploading
from tests.engine.practice import Practice
from tests.engine.pretend import Cut

pytestmark = pytest.mark.slow

PLACES = (0, 1, 5, 7, 100, 2047)
DAY = 25 * 3600.0


@pytest.fixture
def uploads(practice: Practice, tmp_path: Path) -> Uploads:
    return Uploads(practice, tmp_path / "logs")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return disk_of(tmp_path / "disk", PLACES)


def whole() -> dict[int, bytes]:
    return {index: filled(index) for index in PLACES}


def die() -> None:
    raise Cut


def test_the_snapshot_has_the_disks_blocks_and_no_other(uploads: Uploads, disk: Path) -> None:
    outcome = uploads.run(uploading(disk))

    assert outcome.exit is Exit.DONE
    assert uploads.holds(outcome) == whole()
    assert outcome.results["2-verify-snapshot"] == {"blocks": 6, "read": 6}
    (made,) = uploads.practice.aws.snapshots.describe([outcome.results["1-upload-snapshot"]["snapshot_id"]])
    assert (made.state, made.size_gib, made.description, made.tags["Name"]) == (
        "completed",
        1,
        "a disk",
        "disk",
    )
    assert list(uploads.directory.iterdir()) == []
    back = undo_plan(uploads.practice.journal.steps(uploads.practice.run))
    assert uploads.run(back, RunId(f"{uploads.practice.run}-back")).exit is Exit.DONE
    assert uploads.snapshots() == []


def test_many_threads_carry_the_same(uploads: Uploads, tmp_path: Path) -> None:
    path = disk_of(tmp_path / "disk", range(0, 120, 2))
    outcome = uploads.run(uploading(path), workers=8)
    assert uploads.holds(outcome) == {index: filled(index) for index in range(0, 120, 2)}


def test_with_a_parent_only_what_differs_is_put(uploads: Uploads, tmp_path: Path) -> None:
    parent = uploaded(uploads.practice.sandbox, {0: filled(0), 1: filled(1), 2: filled(2), 9: filled(9)})
    uploads.practice.sandbox.app.calls.clear()
    now = {0: filled(0), 1: b"other" + filled(1)[5:], 9: ZEROS, 12: filled(12)}
    outcome = uploads.run(uploading(make_disk(tmp_path / "disk", now, 40), parent))

    assert outcome.exit is Exit.DONE, outcome.failures
    holds = uploads.holds(outcome)
    assert {index: data for index, data in holds.items() if data != ZEROS} == {
        0: now[0],
        1: now[1],
        12: now[12],
    }
    assert set(holds) == {0, 1, 2, 9, 12}
    put = {
        call.params["path"].rsplit("/", 1)[1]
        for call in uploads.practice.sandbox.app.calls.changes()
        if call.action == "PutSnapshotBlock"
    }
    assert put == {"1", "2", "9", "12"}


@pytest.mark.parametrize("number", range(1, 7))
def test_a_killed_upload_goes_on_in_the_same_snapshot_and_puts_nothing_twice(
    uploads: Uploads, disk: Path, number: int
) -> None:
    uploads.before("PutSnapshotBlock", number, die)
    with pytest.raises(Cut):
        uploads.run(uploading(disk))
    uploads.practice.sandbox.tick(60)
    uploads.practice.sandbox.app.calls.clear()

    outcome = uploads.run(uploading(disk))

    assert outcome.exit is Exit.DONE
    assert uploads.count("PutSnapshotBlock") == 6 - (number - 1)
    assert uploads.holds(outcome) == whole()
    assert uploads.snapshots() == ["completed"]


def test_without_its_log_it_puts_all_again_and_is_the_same(uploads: Uploads, disk: Path) -> None:
    uploads.before("PutSnapshotBlock", 4, die)
    with pytest.raises(Cut):
        uploads.run(uploading(disk))
    for log in uploads.directory.iterdir():
        log.unlink()
    outcome = uploads.run(uploading(disk))
    assert (uploads.holds(outcome), uploads.snapshots()) == (whole(), ["completed"])


def test_a_file_that_changed_between_two_tries_is_taken_as_it_is_now(uploads: Uploads, disk: Path) -> None:
    uploads.before("PutSnapshotBlock", 5, die)
    with pytest.raises(Cut):
        uploads.run(uploading(disk))
    make_disk(disk, {1: filled(77), 5: ZEROS, 8: filled(8)}, 2048)

    outcome = uploads.run(uploading(disk))

    assert outcome.exit is Exit.DONE, outcome.failures
    assert {index: data for index, data in uploads.holds(outcome).items() if data != ZEROS} == {
        1: filled(77),
        8: filled(8),
    }


def test_a_snapshot_that_aws_gave_up_is_started_again_and_cleared_away(uploads: Uploads, disk: Path) -> None:
    uploads.before("PutSnapshotBlock", 3, die)
    with pytest.raises(Cut):
        uploads.run(uploading(disk))
    uploads.practice.sandbox.tick(DAY)
    assert uploads.snapshots() == ["error"]

    outcome = uploads.run(uploading(disk))

    assert outcome.exit is Exit.DONE, outcome.failures
    assert (uploads.holds(outcome), uploads.snapshots()) == (whole(), ["completed"])
    assert list(uploads.directory.iterdir()) == []


@pytest.mark.parametrize(
    "action", ["StartSnapshot", "PutSnapshotBlock", "CompleteSnapshot", "GetSnapshotBlock"]
)
@pytest.mark.parametrize("kind", ["lose-answer", "throttle", "500"])
def test_an_answer_that_is_lost_or_late_changes_nothing(
    uploads: Uploads, disk: Path, action: str, kind: str
) -> None:
    uploads.fault(action, Effect(kind), times=2)  # type: ignore[arg-type]
    outcome = uploads.run(uploading(disk))
    assert outcome.exit is Exit.DONE, outcome.failures
    assert (uploads.holds(outcome), uploads.snapshots()) == (whole(), ["completed"])


def test_aws_that_is_away_for_long_leaves_a_run_that_goes_on(uploads: Uploads, disk: Path) -> None:
    uploads.fault("PutSnapshotBlock", Effect("503"), after=3)
    outcome = uploads.run(uploading(disk))
    assert outcome.exit is Exit.FAILED
    assert outcome.failures[0].error.hint == f"ec2kit resume {uploads.practice.run}"
    assert uploads.snapshots() == ["pending"]

    uploads.practice.sandbox.app.world.faults.faults.clear()
    uploads.practice.sandbox.app.calls.clear()
    outcome = uploads.run(uploading(disk))
    assert (outcome.exit, uploads.holds(outcome), uploads.snapshots()) == (Exit.DONE, whole(), ["completed"])
    assert uploads.count("StartSnapshot") == 0


def test_what_is_refused_half_way_leaves_nothing_and_the_next_try_is_a_new_one(
    uploads: Uploads, disk: Path
) -> None:
    uploads.fault("PutSnapshotBlock", Effect("error", "AccessDeniedException"), after=3, times=1)
    outcome = uploads.run(uploading(disk))
    assert outcome.exit is Exit.CREDENTIALS
    assert "ebs:PutSnapshotBlock" in outcome.failures[0].error.hint
    assert uploads.snapshots() == []
    assert list(uploads.directory.iterdir()) == []

    outcome = uploads.run(uploading(disk))
    assert (outcome.exit, uploads.holds(outcome), uploads.snapshots()) == (Exit.DONE, whole(), ["completed"])


def test_a_file_written_to_meanwhile_leaves_nothing(uploads: Uploads, disk: Path) -> None:
    def grow() -> None:
        with disk.open("ab") as file:
            file.write(b"more")

    uploads.before("PutSnapshotBlock", 3, grow)
    outcome = uploads.run(uploading(disk))
    assert "was written to while it was read" in outcome.failures[0].error.message
    assert uploads.snapshots() == []


def test_a_snapshot_that_is_not_the_file_is_deleted_and_told(uploads: Uploads, disk: Path) -> None:
    def spoil() -> None:
        with disk.open("r+b") as file:
            file.seek(5 * BLOCK_BYTES)
            file.write(b"spoilt")

    uploads.before("CompleteSnapshot", 1, spoil)
    outcome = uploads.run(uploading(disk))

    (failure,) = outcome.failures
    assert "is not what the file is: 1 blocks differ: 5" in failure.error.message
    assert "uploads the disk anew" in failure.error.hint
    assert uploads.snapshots() == []

    again = uploads.run(uploading(disk))
    assert again.exit is Exit.DONE, again.failures
    assert uploads.holds(again) == {**whole(), 5: b"spoilt" + filled(5)[6:]}
    assert uploads.snapshots() == ["completed"]


def test_killed_when_it_has_deleted_what_was_not_the_file_it_begins_anew(
    uploads: Uploads, disk: Path
) -> None:
    hooks = uploads.practice.sandbox.app.hooks.after

    def kill(call: Call) -> None:
        if call.action == "DeleteSnapshot":
            hooks.remove(kill)
            raise Cut

    spoil_once(uploads.practice.sandbox, 5)
    hooks.append(kill)
    with pytest.raises(Cut):
        uploads.run(uploading(disk))
    uploads.practice.sandbox.tick(60)

    gone = uploads.run(uploading(disk))
    assert [failure.error.exit_code for failure in gone.failures] == [Exit.NOT_FOUND]
    again = uploads.run(uploading(disk))
    assert again.exit is Exit.DONE, again.failures
    assert (uploads.holds(again), uploads.snapshots()) == (whole(), ["completed"])


def test_ctrl_c_stops_between_blocks_and_the_same_run_goes_on(uploads: Uploads, disk: Path) -> None:
    stop = threading.Event()
    uploads.before("PutSnapshotBlock", 4, stop.set)
    with pytest.raises(Interrupted):
        uploads.run(uploading(disk), stop=stop)
    assert uploads.snapshots() == ["pending"]
    uploads.practice.sandbox.app.calls.clear()
    outcome = uploads.run(uploading(disk))
    assert (uploads.holds(outcome), uploads.count("PutSnapshotBlock")) == (whole(), 2)


def test_how_far_it_is_is_told(uploads: Uploads, disk: Path) -> None:
    told: list[str] = []
    uploads.practice.listener.on_waiting = told.append
    uploads.run(uploading(disk))
    assert "3 of 6 blocks" in told
