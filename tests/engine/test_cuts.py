"""Killed anywhere and started again, a plan comes to the same end: nothing twice, nothing lost."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.engine.codec import decode_plan, encode_plan
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.base import later
from ec2kit.errors import Exit
from tests.engine.pretend import KINDS, Bench, Cut, Make, MakeBlind

Dag = list[tuple[bool, frozenset[int], bool]]
"""For each step: whether it has a token, which earlier ones it needs, whether its first answer is lost."""


@st.composite
def dags(draw: st.DrawFn) -> Dag:
    """Small plans of all shapes."""
    steps: Dag = []
    for number in range(draw(st.integers(1, 5))):
        needs = draw(st.frozensets(st.integers(0, number - 1))) if number else frozenset()
        steps.append((draw(st.booleans()), needs, draw(st.booleans())))
    return steps


def plan_of(dag: Dag) -> Plan:
    steps = []
    for number, (token, needs, _) in enumerate(dag):
        keys = tuple(f"s{need}" for need in sorted(needs))
        parts = tuple(later(key, "id") for key in keys)
        kind = Make if token else MakeBlind
        steps.append(Planned(f"s{number}", kind(f"s{number}", parts), keys))
    return Plan(tuple(steps))


def bench_of(dag: Dag) -> Bench:
    bench = Bench()
    bench.world.lost = {f"s{number}" for number, (_, _, lost) in enumerate(dag) if lost}
    return bench


class Scissors:
    """Counts the points at which a process may die, and lets it die at the chosen ones."""

    def __init__(self, bench: Bench, *cuts: int) -> None:
        self.points = 0
        self.cuts = set(cuts)
        bench.world.hook = self.pass_by
        bench.journal.hook = self.pass_by

    def pass_by(self, word: str) -> None:
        self.points += 1
        if self.points in self.cuts:
            raise Cut(word)


def run_to_the_end(bench: Bench, plan: Plan) -> int:
    """Start again after each cut, from the plan as it was stored; returns how often it died."""
    deaths = 0
    stored = encode_plan(plan)
    while True:
        try:
            assert bench.run(decode_plan(stored, KINDS)).exit is Exit.DONE
        except Cut:
            deaths += 1
        else:
            return deaths


def expected(dag: Dag) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (f"s{number}", tuple(f"s{need}" for need in sorted(needs)))
        for number, (_, needs, _) in enumerate(dag)
    ]


@given(dags(), st.integers(1, 60), st.integers(1, 60))
def test_two_cuts_anywhere_in_any_plan_change_nothing(dag: Dag, first: int, gap: int) -> None:
    bench = bench_of(dag)
    Scissors(bench, first, first + gap)
    run_to_the_end(bench, plan_of(dag))
    assert bench.world.shape() == expected(dag)


@pytest.mark.parametrize("token", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_every_single_cut_of_a_chain(token: bool, lost: bool) -> None:
    dag: Dag = [
        (token, frozenset(), lost),
        (token, frozenset({0}), lost),
        (not token, frozenset({0, 1}), False),
    ]
    whole = bench_of(dag)
    scissors = Scissors(whole)
    run_to_the_end(whole, plan_of(dag))
    assert scissors.points > 20
    for cut in range(1, scissors.points + 1):
        bench = bench_of(dag)
        Scissors(bench, cut)
        assert run_to_the_end(bench, plan_of(dag)) == 1
        assert bench.world.shape() == expected(dag), f"cut at {cut}"


@given(dags())
def test_a_finished_plan_run_again_makes_no_call(dag: Dag) -> None:
    bench = bench_of(dag)
    bench.run(plan_of(dag))
    calls = list(bench.world.calls)
    outcome = bench.run(plan_of(dag))
    assert outcome.exit is Exit.DONE
    assert bench.world.calls == calls
    assert set(outcome.results) == {f"s{number}" for number in range(len(dag))}


@given(dags(), st.randoms(use_true_random=False), st.sampled_from([1, 4]))
def test_the_order_in_which_steps_are_written_does_not_matter(dag: Dag, random: Random, workers: int) -> None:
    steps = list(plan_of(dag).steps)
    random.shuffle(steps)
    bench = bench_of(dag)
    assert bench.run(Plan(tuple(steps)), workers=workers).exit is Exit.DONE
    assert bench.world.shape() == expected(dag)
