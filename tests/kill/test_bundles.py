"""Bundles killed at every call: typed again they end as if never killed, here and in AWS and in S3."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images.bundles.ground import FEW, LIGHT, attach, write_disk
from tests.kill.children import Cut
from tests.kill.conftest import Recording
from tests.kill.counts import check_row
from tests.kill.moments import AFTER, BEFORE
from tests.kill.sigkill import Case, kill_and_go_on
from tests.kill.stories import Story
from tests.kill.sweep import Recorded, go_on
from tests.sandbox.seeded import Seeded

SHARES = 3
Count = Callable[[str, object], None]


def attach_disk(sandbox: Seeded) -> None:
    """web-1 has a small disk with next to nothing on it."""
    with tempfile.TemporaryDirectory() as directory:
        attach(sandbox, write_disk(Path(directory) / "raw", FEW), LIGHT)


CREATE = Story("bundle", f"bundle create web-1 s3://backups/m --volume {LIGHT}", given=attach_disk)
RESTORE = Story(
    "unbundle",
    "bundle restore s3://backups/m/web-1 --to volume",
    given=attach_disk,
    before=(CREATE.words,),
)
STORIES = (CREATE, RESTORE)
SAMPLE = [
    Case(CREATE, Cut("CreateSnapshots", 1, AFTER)),
    Case(CREATE, Cut("CompleteMultipartUpload", 1, AFTER)),
    Case(RESTORE, Cut("GetObject", 2, BEFORE)),
    Case(RESTORE, Cut("CreateVolume", 1, AFTER)),
]


def sweep(recorded: Recorded, share: int, count: Count) -> None:
    """Go on from each `SHARES`th state, and count the cuts that leave these."""
    states = set(recorded.states[share::SHARES])
    for state in states:
        go_on(recorded, state)
        assert not left_in(state.parent / "home")
    cuts = sum(moment.left in states for moment in recorded.moments)
    count("cuts", (f"in process: `{recorded.story.line}`", cuts))


def left_in(home: Path) -> list[str]:
    """What lies about of work that is over."""
    files = [path for path in home.rglob("*") if path.is_file() and "state" not in path.parts]
    return [str(path) for path in (*files, *home.rglob("*.blocks"))]


@pytest.mark.kill
@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_typed_again_it_ends_as_if_never_killed(
    story: Story, recording: Recording, record_property: Count
) -> None:
    sweep(recording(story, every=True), 0, record_property)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(1, SHARES))
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_so_it_does_after_every_other_kill(
    story: Story, share: int, recording: Recording, record_property: Count
) -> None:
    sweep(recording(story, every=True), share, record_property)


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_page_has_the_counts(story: Story, recording: Recording) -> None:
    check_row(recording(story))


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_killed_with_sigkill(case: Case, recording: Recording, tmp_path: Path) -> None:
    assert kill_and_go_on(case, recording(case.story), tmp_path), "the cut was never reached"
    assert not left_in(tmp_path)


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(4))
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_killed_with_sigkill_at_each_call(
    story: Story, share: int, recording: Recording, tmp_path: Path, record_property: Count
) -> None:
    recorded = recording(story)
    for number in range(1 + share, recorded.calls + 1, 4):
        case, directory = Case(story, Cut("", number, (BEFORE, AFTER)[number % 2])), tmp_path / str(number)
        directory.mkdir()
        if kill_and_go_on(case, recorded, directory):
            record_property("cuts", (f"with SIGKILL: `{story.line}`", 1))
        assert not left_in(directory)
