"""Plans as values."""

from __future__ import annotations

import pytest

from ec2kit.engine.plan import Plan, Planned, Refusal, combine
from ec2kit.engine.resolve import refs_in, resolve
from ec2kit.engine.steps.base import Attempt, Ref, Result, later
from ec2kit.engine.ulid import ulid
from ec2kit.model.ids import RunId
from tests.engine.pretend import Make, beside, chain
from tests.support.clocks import START


def test_plans_that_cannot_be_carried_out_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="duplicate"):
        Plan((Planned("a", Make("a")), Planned("a", Make("b"))))
    with pytest.raises(ValueError, match="does not have"):
        Plan((Planned("a", Make("a"), ("b",)),))
    with pytest.raises(ValueError, match="circle"):
        Plan((Planned("a", Make("a"), ("b",)), Planned("b", Make("b"), ("a",))))


def test_one_plan_after_another() -> None:
    plan = beside(Make("a"), Make("b")).and_then(chain(Make("c"), Make("d")))
    assert plan.step("c").needs == ("a", "b")
    assert plan.step("d").needs == ("c",)


def test_plans_beside_each_other_keep_their_refusals() -> None:
    refusal = Refusal("keep", "i-1", "protected")
    both = combine(beside(Make("a")), Plan(refused=(refusal,), why_empty="all protected"))
    assert both.refused == (refusal,)
    assert both.why_empty == ""
    assert not combine(Plan(why_empty="none selected"))


def test_references_are_found_and_replaced_wherever_they_stand() -> None:
    step = Make("m", (later("disk", "id"), later("set", "by_volume.vol-1")))
    assert list(refs_in(step)) == [Ref("disk", "id"), Ref("set", "by_volume.vol-1")]
    results: dict[str, Result] = {"disk": {"id": "vol-9"}, "set": {"by_volume": {"vol-1": "snap-1"}}}
    assert resolve(step, results) == Make("m", ("vol-9", "snap-1"))
    with pytest.raises(LookupError, match="no result of step 'set'"):
        resolve(step, {"disk": {"id": "vol-9"}})
    with pytest.raises(LookupError, match="has no 'id'"):
        resolve(step, {"disk": {}})


def test_a_token_depends_on_run_step_and_attempt_only() -> None:
    aws = beside()  # anything: it is not looked at
    one = Attempt(aws, RunId("r"), "k", 0)  # type: ignore[arg-type]
    two = Attempt(aws, RunId("r"), "k", 1)  # type: ignore[arg-type]
    again = Attempt(aws, RunId("r"), "k", 0, START)  # type: ignore[arg-type]
    assert one.token == again.token != two.token
    assert len(one.token) == 40
    assert one.token.isascii()
    assert (one.mark, two.mark) == ("r/k", "r/k@1")


def test_run_ids_sort_by_time() -> None:
    early, late = ulid(START, bytes(10)), ulid(START.replace(year=2027), bytes(10))
    assert early < late
    assert (len(early), len({*early} - {*"0123456789ABCDEFGHJKMNPQRSTVWXYZ"})) == (26, 0)
    assert ulid(START, bytes(9) + b"\x01") != early
    with pytest.raises(ValueError, match="random bytes"):
        ulid(START, b"")
