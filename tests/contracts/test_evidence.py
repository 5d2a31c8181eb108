"""What every store of evidence does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ec2kit.model.runs import EvidenceRow, EvidenceStore

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Opened = Callable[[int], EvidenceStore]


def sample(machine: str, seconds: int, **more: Any) -> EvidenceRow:
    return EvidenceRow(machine, "http", NOW + timedelta(seconds=seconds), "bad", **more)


def test_samples_come_back_as_they_were_oldest_first(open_evidence: Opened) -> None:
    late = sample("i-1", 20, reason="no connection within 5 s", raw={"status": None, "text": "ü"})
    early = sample("i-1", 10)
    open_evidence(200).add([late, sample("i-2", 15), early])

    assert open_evidence(200).of("i-1", NOW) == (early, late)
    assert open_evidence(200).of("i-1", late.at) == (late,)
    assert open_evidence(200).of("i-3", NOW) == ()


def test_a_machine_keeps_its_newest_samples_and_only_its_own_are_dropped(open_evidence: Opened) -> None:
    evidence = open_evidence(3)
    evidence.add([sample("i-2", 0)])
    evidence.add(sample("i-1", second) for second in (4, 1, 3, 2, 0))
    evidence.add([])
    evidence.add([sample("i-1", 5), sample("i-2", 1)])

    assert evidence.of("i-1", NOW) == (sample("i-1", 3), sample("i-1", 4), sample("i-1", 5))
    assert evidence.of("i-2", NOW) == (sample("i-2", 0), sample("i-2", 1))


# The store is the same in all examples, which is what several cron runs see.
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=8), max_size=5)
)
def test_however_they_come_the_ring_holds_the_newest(
    open_evidence: Opened, batches: list[list[tuple[str, int]]]
) -> None:
    evidence = open_evidence(4)
    before = {machine: [row.at for row in evidence.of(machine, NOW)] for machine in "ab"}
    for batch in batches:
        evidence.add(sample(machine, second) for machine, second in batch)

    for machine in "ab":
        added = [
            NOW + timedelta(seconds=second) for batch in batches for name, second in batch if name == machine
        ]
        assert [row.at for row in evidence.of(machine, NOW)] == sorted(before[machine] + added)[-4:]


def test_small_values_are_remembered_and_forgotten(open_evidence: Opened) -> None:
    evidence = open_evidence(200)
    evidence.remember("told/i-1", {"state": "failed", "times": [1, 2]})
    evidence.remember("told/i-2", "first")
    evidence.remember("told/i-2", ["second"])
    evidence.remember("enrolled/i-1", True)

    assert open_evidence(200).recall("told/i-1") == {"state": "failed", "times": [1, 2]}
    assert open_evidence(200).recall_all("told/") == {
        "told/i-1": {"state": "failed", "times": [1, 2]},
        "told/i-2": ["second"],
    }
    evidence.forget("told/i-1")
    evidence.forget("told/i-1")
    assert evidence.recall("told/i-1") is None
    assert list(evidence.recall_all("")) == ["enrolled/i-1", "told/i-2"]
    assert evidence.recall_all("told%") == {}
