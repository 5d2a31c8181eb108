"""Recordings: each story runs once, uncut, in each process of the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kill.stories import Story
from tests.kill.sweep import Recorded, record

Recording = Callable[..., Recorded]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Gives a story's recording, in the world of a seed; whoever asks again gets the same one. `every` is for those
    who go on from each of its moments: copying them all takes a while."""
    kept: dict[tuple[str, int], Recorded] = {}
    whole: set[tuple[str, int]] = set()

    def give(story: Story, seed: int = 0, *, every: bool = False) -> Recorded:
        key = (story.name, seed)
        if key not in kept or (every and key not in whole):
            kept[key] = record(story, tmp_path_factory.mktemp(story.name), seed, every=every)
            whole.update({key} if every else ())
        return kept[key]

    return give
