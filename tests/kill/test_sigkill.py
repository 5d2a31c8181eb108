"""With real SIGKILL: commands as processes against the sandbox as a server, killed at exact calls, and typed again.

`make test` takes a fixed sample, which always holds the three cuts around the first call of each kind without a
client token. `make deep` takes the three cuts around every call that changes something, and a cut at each call
whatever it is, the three kinds of cut in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kill.children import CUTS, Cut
from tests.kill.conftest import Recording
from tests.kill.sigkill import Case, changing_calls, cuts_of, kill_and_go_on
from tests.kill.stories import STORIES, Story

Count = Callable[[str, object], None]
SHARES = 4
SAMPLE = [
    Case(story, cut) for story in STORIES for cut in cuts_of(*((action, 1) for action, _ in story.changes))
]


def count(case: Case, counted: Count) -> None:
    counted("cuts", (f"with SIGKILL: `{case.story.line}`", 1))


@pytest.mark.kill
@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_killed_and_typed_again(
    case: Case, recording: Recording, tmp_path: Path, record_property: Count
) -> None:
    assert kill_and_go_on(case, recording(case.story), tmp_path), "the cut was never reached"
    count(case, record_property)


@pytest.mark.kill
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_sample_knows_every_call_without_a_client_token(story: Story, recording: Recording) -> None:
    assert changing_calls(recording(story)) == dict(story.changes)


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_killed_at_every_call_that_changes_something(
    story: Story, share: int, recording: Recording, tmp_path: Path, record_property: Count
) -> None:
    recorded = recording(story)
    every = cuts_of(*changing_calls(recorded, with_tokens=True).items())
    for number, cut in enumerate(every[share::SHARES]):
        case, directory = Case(story, cut), tmp_path / str(number)
        directory.mkdir()
        assert kill_and_go_on(case, recorded, directory), f"never reached: {case}"
        count(case, record_property)


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_killed_at_each_call_whatever_it_is(
    story: Story, share: int, recording: Recording, tmp_path: Path, record_property: Count
) -> None:
    recorded = recording(story)
    for number in range(1 + share, recorded.calls + 1, SHARES):
        case, directory = Case(story, Cut("", number, CUTS[number % 3])), tmp_path / str(number)
        directory.mkdir()
        # With eight threads the number of looks varies a little: the last few may never come.
        if kill_and_go_on(case, recorded, directory):
            count(case, record_property)
