"""Snapshots become sets, and a set is complete only when every disk of the machine is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import SnapshotId, VolumeId
from ec2kit.model.tags import BAD, OF, SET, VOLUMES
from ec2kit.snapshots.sets import SetState, loose, sets_in
from tests.snapshots.making import RUN_ID, machine, set_of
from tests.support.fleet import NOW, snapshot_set

STATES = st.sampled_from(["pending", "completed", "error", "recoverable"])
SNAPSHOTS = st.lists(
    st.builds(
        Snapshot,
        id=st.uuids().map(lambda id: SnapshotId(f"snap-{id}")),
        state=STATES,
        volume=st.just(VolumeId("vol-1")),
        size_gib=st.integers(1, 100),
        started=st.just(NOW),
        tags=st.fixed_dictionaries(
            {},
            optional={
                SET: st.sampled_from(["a@1", "b@1"]),
                OF: st.sampled_from(["i-1", "i-2"]),
                VOLUMES: st.sampled_from(["1", "2", "x", "", "²"]),
            },
        ),
    ),
    max_size=8,
    unique_by=lambda snapshot: snapshot.id,
)


@pytest.mark.parametrize(
    "states,announced,expected",
    [
        (("completed", "completed"), 2, SetState.COMPLETE),
        (("completed", "pending"), 2, SetState.PENDING),
        (("completed", "recovering"), 2, SetState.PENDING),
        (("completed", "error"), 2, SetState.ERROR),
        (("pending", "error"), 2, SetState.ERROR),
        (("completed",), 2, SetState.INCOMPLETE),
        (("completed", "completed", "completed"), 2, SetState.INCOMPLETE),
        (("completed",), 0, SetState.INCOMPLETE),
    ],
)
def test_state(states: tuple[str, ...], announced: int, expected: SetState) -> None:
    found = snapshot_set(1, *states, announced=announced)

    assert found.state is expected
    assert found.complete == (expected is SetState.COMPLETE)


@given(SNAPSHOTS)
def test_every_snapshot_is_in_one_place_whatever_the_order(snapshots: list[Snapshot]) -> None:
    sets, others = sets_in(snapshots), loose(snapshots)

    seen = [snapshot.id for each in (*sets, *others) for snapshot in each.snapshots]
    assert sorted(seen) == sorted(snapshot.id for snapshot in snapshots)
    assert sets_in(reversed(snapshots)) == sets


@given(SNAPSHOTS)
def test_a_snapshot_that_fails_never_makes_a_set_complete(snapshots: list[Snapshot]) -> None:
    before = {(each.name, each.of) for each in sets_in(snapshots) if each.complete}
    after = [replace(each, state="error") if number % 2 else each for number, each in enumerate(snapshots)]

    assert {(each.name, each.of) for each in sets_in(after) if each.complete} <= before


def test_two_machines_of_one_name_in_one_second_are_two_sets() -> None:
    one, two = machine(1), machine(2)
    same = [
        replace(each, tags={**each.tags, SET: "web@1"}) for of in (one, two) for each in set_of(of).snapshots
    ]

    assert [(each.of, each.complete) for each in sorted(sets_in(same), key=lambda each: each.of)] == [
        ("i-00000001", True),
        ("i-00000002", True),
    ]


def test_snapshots_that_disagree_on_their_number_are_never_complete() -> None:
    first, second = set_of(machine()).snapshots
    changed = replace(second, tags={**second.tags, VOLUMES: "1"})

    assert [each.state for each in sets_in([first, changed])] == [SetState.INCOMPLETE]


def test_what_a_set_says_of_itself() -> None:
    found = set_of(machine(), tags={BAD: ""})

    assert (found.machine, found.size_gib, found.run) == ("web-1", 28, RUN_ID)
    assert found.bad == "marked bad"
    assert snapshot_set(1).machine == "web-1"
    assert snapshot_set(1).run == ""
