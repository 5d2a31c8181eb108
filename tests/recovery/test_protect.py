"""The plan of enrolling, what it promises, and the cron lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.model.ids import AllocationId
from ec2kit.model.instances import Address, State
from ec2kit.model.tags import CHECK, FAILURE, HOLDER, NAME, POLICY, PROTECT, STATE
from ec2kit.probes.words import parse_check
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.protect import Candidate, cron_lines, off_plan, promise, protect_plan
from tests.recovery.making import NOW, instance

HTTP = parse_check("http:80/")
BOTH = parse_check("http:80/ banner:22")


def fresh(**changes: Any) -> Any:
    """A machine that is not enrolled."""
    made = instance(**changes)
    return replace(made, tags={key: value for key, value in made.tags.items() if key != PROTECT})


def test_enrolling_writes_the_rung_and_the_probes() -> None:
    (planned,) = protect_plan([Candidate(fresh(), BOTH)], None, NOW).steps
    assert isinstance(planned.step, SetTags)
    assert planned.step.tags == {PROTECT: "replace", CHECK: "http:80/ banner:22"}


def test_a_second_time_nothing_changes() -> None:
    machine = instance(tags={CHECK: "http:80/ banner:22", PROTECT: "restart"})
    plan = protect_plan([Candidate(machine, BOTH), Candidate(instance("i-2"), None)], None, NOW)
    assert not plan.steps
    assert [word for word, _ in plan.unchanged] == ["web-1 (i-00000001)", "web-1 (i-2)"]


def test_an_address_that_nobody_marked_is_marked() -> None:
    held = Address(AllocationId("eipalloc-1"), "203.0.113.9")
    theirs = replace(held, allocation=AllocationId("eipalloc-2"), tags={HOLDER: "i-2"})
    candidate = Candidate(instance(tags={CHECK: "http:80/"}), None, addresses=(held, theirs))
    (planned,) = protect_plan([candidate], None, NOW).steps
    assert isinstance(planned.step, SetTags)
    assert (planned.step.resources, planned.step.tags) == (("eipalloc-1",), {HOLDER: "i-00000001"})


def test_a_policy_that_cannot_be_kept_is_refused_when_it_is_enrolled() -> None:
    plan = protect_plan([Candidate(fresh(tags={POLICY: "over=20m"}), HTTP)], None, NOW)
    assert plan.steps == ()
    (refusal,) = plan.refused
    assert refusal.rule == "policy"
    assert "over=20m is longer than samples are kept (over=15m at most" in refusal.reason


def test_a_second_address_that_no_replacement_gets_is_told() -> None:
    first = Address(AllocationId("eipalloc-1"), "203.0.113.9", tags={HOLDER: "i-00000001"})
    first = replace(first, private_ip="172.31.0.5")
    second = replace(first, public_ip="203.0.113.10", private_ip="172.31.0.6")
    candidate = Candidate(instance(private_ip="172.31.0.5"), None, addresses=(first, second))
    assert protect_plan([candidate], None, NOW).notes == (
        "web-1: not restored on a replacement: 203.0.113.10, a second address, would stay",
    )
    assert protect_plan([candidate], Rung.RESTART, NOW).notes == ()


def test_another_rung_is_a_change() -> None:
    (planned,) = protect_plan([Candidate(instance(), None)], Rung.WATCH, NOW).steps
    assert isinstance(planned.step, SetTags)
    assert planned.step.tags == {PROTECT: "watch"}
    assert planned.step.before == {"i-00000001": {PROTECT: "replace"}}


@pytest.mark.parametrize(
    "changes, rule",
    [
        ({"state": State.TERMINATED}, "state"),
        ({"tags": {STATE: "quarantined"}}, "quarantine"),
        ({"tags": {STATE: "twin"}}, "recovery"),
        ({"tags": {FAILURE: "1:recovering"}}, "recovery"),
        ({"tags": {"aws:autoscaling:groupName": "web"}}, "Auto Scaling"),
        ({"root_device_type": "instance-store"}, "instance store"),
    ],
)
def test_what_cannot_be_looked_after_is_refused(changes: dict[str, Any], rule: str) -> None:
    plan = protect_plan([Candidate(instance(**changes), HTTP)], Rung.REPLACE, NOW)
    assert [refusal.rule for refusal in plan.refused] == [rule]
    assert not plan.steps


def test_an_auto_scaling_machine_may_be_watched() -> None:
    machine = fresh(tags={"aws:autoscaling:groupName": "web"})
    assert protect_plan([Candidate(machine)], Rung.WATCH, NOW).steps


def test_off_takes_the_enrolment_and_leaves_the_history() -> None:
    machine = instance(tags={FAILURE: "3:done", CHECK: "http:80/"})
    plan = off_plan([machine, fresh(id="i-2", tags={NAME: "web-2"})])
    (planned,) = plan.steps
    assert isinstance(planned.step, DeleteTags)
    assert planned.step.keys == (PROTECT,)
    assert plan.unchanged == (("web-2 (i-2)", "it is not enrolled"),)


def test_off_never_breaks_a_recovery_off() -> None:
    assert off_plan([instance(tags={FAILURE: "1:recovering"})]).refused


def test_the_promise_is_made_of_the_policy() -> None:
    noticed, restarted, replaced = promise(Policy(), BOTH)
    assert "noticed about 4m after" in noticed
    assert "within about 14m, nothing lost" in restarted
    assert "within about 44m, losing at most what was written in 4h" in replaced


def test_the_promise_says_what_it_does_not_cover() -> None:
    assert "one kind of evidence alone never recovers" in promise(Policy(), HTTP)[-1]
    assert "no probe" in promise(Policy(), ())[-1]
    watched = promise(Policy(last=Rung.WATCH), BOTH)
    assert watched[1:] == ("up to 'watch': it is told, and the machine is not touched",)
    assert "replaced" not in " ".join(promise(Policy(last=Rung.RESTART), BOTH))


def test_cron_lines_can_be_pasted() -> None:
    lines = cron_lines("/usr/local/bin/ec2kit", ["--region=eu-west-1"], ["web-1", "a b", "100%"])
    assert lines == (
        "* * * * * /usr/local/bin/ec2kit check --region=eu-west-1",
        "* * * * * /usr/local/bin/ec2kit recover all --region=eu-west-1",
        r"7 */4 * * * /usr/local/bin/ec2kit snapshot create web-1 'a b' '100\%' --region=eu-west-1 >/dev/null",
    )
