"""In process: each command, killed at every call and every write of the journal, and typed again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kill.conftest import Recording
from tests.kill.counts import check_row
from tests.kill.stories import CREATE, LAUNCH, RECOVER, RESTORE, STORIES, Story
from tests.kill.sweep import Recorded, go_on

QUICK = (LAUNCH, CREATE, RESTORE)
"""Recoveries are cut in process by tests/recovery, and as a command by `make deep`."""
SHARES = {"launch": 6, "create": 2, "restore": 2}
"""A sweep is cut into so many tests, so that two workers share it."""


def named(story: object) -> str:
    return story.name if isinstance(story, Story) else str(story)


def sweep(recorded: Recorded, share: int, shares: int, count: Callable[[str, object], None]) -> None:
    """Go on from every `shares`th state, and count the cuts that leave these."""
    states = set(recorded.states[share::shares])
    for state in states:
        go_on(recorded, state)
    cuts = sum(moment.left in states for moment in recorded.moments)
    count("cuts", (f"in process: `{recorded.story.line}`", cuts))


def shares() -> list[object]:
    """Each story with its shares; of a launch, which is cut at hundreds of places, every second is for `make deep`."""
    return [
        pytest.param(story, share, marks=[pytest.mark.deep] * (story is LAUNCH and share % 2))
        for story in QUICK
        for share in range(SHARES[story.name])
    ]


@pytest.mark.kill
@pytest.mark.timeout(600)
@pytest.mark.parametrize("story, share", shares(), ids=named)
def test_typed_again_it_ends_as_if_never_killed(
    story: Story, share: int, recording: Recording, record_property: Callable[[str, object], None]
) -> None:
    sweep(recording(story, every=True), share, SHARES[story.name], record_property)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(8))
def test_a_recovery_typed_again_ends_as_if_never_killed(
    share: int, recording: Recording, record_property: Callable[[str, object], None]
) -> None:
    sweep(recording(RECOVER, every=True), share, 8, record_property)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("story", QUICK, ids=named)
def test_so_it_is_with_other_lags(
    story: Story, seed: int, recording: Recording, record_property: Callable[[str, object], None]
) -> None:
    sweep(recording(story, seed, every=True), 0, 1, record_property)


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("story", QUICK, ids=named)
def test_the_page_has_the_counts(story: Story, recording: Recording) -> None:
    check_row(recording(story))


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_the_page_has_the_counts_of_a_recovery(recording: Recording) -> None:
    check_row(recording(RECOVER))


def test_each_story_is_swept() -> None:
    assert sorted(map(named, (*QUICK, RECOVER))) == sorted(map(named, STORIES))
