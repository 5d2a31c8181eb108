"""An import killed at every block: typed again it ends as if never killed, with nothing put twice and nothing left."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.blocks.disks import filled, make_disk
from tests.kill.children import Cut, practice
from tests.kill.conftest import Recording
from tests.kill.counts import check_row
from tests.kill.moments import AFTER, BEFORE, FIRST_BYTE
from tests.kill.stories import Story
from tests.kill.sweep import CALM, Recorded, go_on
from tests.kill.world import difference, read_world

PLACES = (0, 1, 2, 4, 5, 7)
SHARES = 3
Count = Callable[[str, object], None]


def put_disk(home: Path) -> None:
    """A disk of six blocks in the home directory, which BIOS can start."""
    blocks = {index: filled(index) for index in PLACES}
    blocks[0] = blocks[0][:510] + b"\x55\xaa" + blocks[0][512:]
    make_disk(home / "disk.raw", blocks)


IMPORT = Story("import", "image import disk.raw --name debian --no-boot-test", furnish=put_disk, once=True)


@pytest.mark.kill
@pytest.mark.timeout(600)
def test_typed_again_it_ends_as_if_never_killed(recording: Recording, record_property: Count) -> None:
    sweep(recording(IMPORT, every=True), 0, record_property)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(1, SHARES))
def test_so_it_does_after_every_other_kill(share: int, recording: Recording, record_property: Count) -> None:
    sweep(recording(IMPORT, every=True), share, record_property)


def sweep(recorded: Recorded, share: int, count: Count) -> None:
    """Go on from each `SHARES`th state, and count the cuts that leave these."""
    states = set(recorded.states[share::SHARES])
    for state in states:
        go_on(recorded, state)
        assert not logs_in(state.parent / "home")
    cuts = sum(moment.left in states for moment in recorded.moments)
    count("cuts", (f"in process: `{recorded.story.line}`", cuts))


@pytest.mark.kill
@pytest.mark.timeout(300)
def test_the_page_has_the_counts(recording: Recording) -> None:
    check_row(recording(IMPORT))


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "cut",
    [Cut("StartSnapshot", 1, AFTER), Cut("PutSnapshotBlock", 5, AFTER), Cut("CompleteSnapshot", 1, BEFORE)],
)
def test_killed_with_sigkill(cut: Cut, recording: Recording, tmp_path: Path) -> None:
    kill_and_go_on(recording(IMPORT), cut, tmp_path)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", [BEFORE, AFTER, FIRST_BYTE])
@pytest.mark.parametrize("number", range(1, 50))
def test_killed_with_sigkill_at_each_call(
    number: int, place: str, recording: Recording, tmp_path: Path
) -> None:
    kill_and_go_on(recording(IMPORT), Cut("", number, place), tmp_path)


def kill_and_go_on(recorded: Recorded, cut: Cut, home: Path) -> None:
    """Kill the process at the cut, with all its threads, say the same again, and compare."""
    put_disk(home)
    words = ["image", "import", str(home / "disk.raw"), *recorded.story.argv[3:]]
    with practice(recorded.moments[0].left, recorded.story.speed) as aws:
        killed = aws.run_killed(words, home, cut)
        if killed.exit == 0:
            shutil.rmtree(home / "state")
        again = aws.run(words, home)
        expected = 0 if killed.exit else 5
        assert again.exit == expected, (killed, again)
        assert difference(read_world(aws.calm(CALM).client), recorded.ends[1]) == [], (cut, again)
    assert not logs_in(home)


def logs_in(home: Path) -> list[Path]:
    """What uploads have written down and not removed."""
    return list(home.rglob("*.blocks"))
