"""Recordings: each story runs once, uncut, in each process of the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kill.stories import Story
from tests.kill.sweep import Recorded, record

Recording = Callable[..., Recorded]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Gives a story's recording, in the world of a seed; whoever asks again gets the same one."""
    kept: dict[tuple[str, int], Recorded] = {}

    def give(story: Story, seed: int = 0) -> Recorded:
        if (story.name, seed) not in kept:
            kept[story.name, seed] = record(story, tmp_path_factory.mktemp(story.name), seed)
        return kept[story.name, seed]

    return give
