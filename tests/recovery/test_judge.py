"""The decision table of judging, line by line, and what must hold for any evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.instances import CheckState, Instance, InstanceStatus, State
from ec2kit.model.tags import FAILURE, STATE
from ec2kit.recovery.judge import Condition, Evidence, Judgement, judge
from ec2kit.recovery.policy import LONGEST_OVER, MOST_OF, Policy
from ec2kit.recovery.watch import keep, kept
from tests.recovery.making import MINUTE, NOW, bad, good, impaired, instance, sample, status
from tests.support.evidence import MemoryEvidence

POLICY = Policy()
HTTP, BANNER, STATE_KIND = Kind.HTTP, Kind.BANNER, Kind.EC2_STATE


def verdict(machine: Instance, checks: InstanceStatus | None, *samples: Sample) -> Judgement:
    return judge(Evidence(machine, checks, samples), POLICY, NOW)


def test_a_machine_that_replies_is_healthy() -> None:
    machine = instance()
    found = verdict(machine, status(machine), *good(HTTP, 2, 1, 0))
    assert found == Judgement(Condition.HEALTHY, ("http: 200",))


def test_an_impaired_check_that_lasts_and_nobody_contradicts_is_a_failure() -> None:
    machine = instance()
    found = verdict(machine, status(machine, instance=impaired(3)), *bad(HTTP, 0))
    assert found.condition is Condition.FAILED
    assert found.reasons[0] == "EC2 instance check impaired for 3m"
    assert not found.fenced


@pytest.mark.parametrize("check", ["system", "instance", "ebs"])
def test_each_of_the_three_checks_counts_alone_without_any_probe(check: str) -> None:
    machine = instance()
    assert verdict(machine, status(machine, **{check: impaired(4)})).condition is Condition.FAILED


def test_an_impaired_check_is_only_suspect_before_its_time() -> None:
    machine = instance()
    assert verdict(machine, status(machine, system=impaired(2.9))).condition is Condition.SUSPECT


def test_an_impaired_check_without_a_time_is_only_suspect() -> None:
    machine = instance()
    assert verdict(machine, status(machine, system=CheckState("impaired"))).condition is Condition.SUSPECT


@pytest.mark.parametrize("word", ["initializing", "insufficient-data", "not-applicable"])
def test_checks_that_tell_nothing_are_no_failure(word: str) -> None:
    machine = instance()
    checks = status(machine, system=CheckState(word), instance=CheckState(word))
    assert verdict(machine, checks, *good(HTTP, 0)).condition is Condition.HEALTHY


def test_one_reply_cancels_an_impaired_check() -> None:
    machine = instance()
    found = verdict(machine, status(machine, system=impaired(60)), *bad(HTTP, 2, 1, 0), *good(BANNER, 0))
    assert found.condition is Condition.SUSPECT
    assert "but it replied: banner (200)" in found.reasons


@pytest.mark.parametrize("silent_last", [True, False])
def test_one_of_two_probes_of_a_kind_is_a_witness(silent_last: bool) -> None:
    machine = instance()
    both = [*good(HTTP, 0), *bad(HTTP, 0)]
    found = verdict(machine, status(machine, system=impaired(60)), *(both if silent_last else both[::-1]))
    assert found.condition is Condition.SUSPECT
    assert "but it replied: http (200)" in found.reasons


def test_a_wrong_status_is_still_a_reply() -> None:
    machine = instance()
    samples = bad(HTTP, 4, 3, 2, 1, 0, reason="replied 500, wanted 200")
    found = verdict(machine, status(machine, instance=impaired(60)), *samples)
    assert found.condition is Condition.SUSPECT


def test_two_kinds_bad_for_long_enough_are_a_failure() -> None:
    machine = instance()
    found = verdict(machine, status(machine), *bad(HTTP, 4, 2, 0), *bad(BANNER, 4, 2, 0))
    assert found.condition is Condition.FAILED
    assert found.reasons[-1].startswith("nobody got a reply")


def test_one_kind_alone_never_fails_a_machine() -> None:
    machine = instance()
    found = verdict(machine, status(machine), *bad(HTTP, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
    assert found.condition is Condition.SUSPECT
    assert "one kind of evidence alone is not enough: add a second probe" in found.reasons


def test_bad_samples_in_a_burst_are_not_a_failure() -> None:
    machine = instance()
    found = verdict(machine, status(machine), *bad(HTTP, 0.2, 0.1, 0), *bad(BANNER, 0.2, 0.1, 0))
    assert found.condition is Condition.SUSPECT


def test_too_few_bad_samples_are_not_a_failure() -> None:
    machine = instance()
    found = verdict(machine, status(machine), *bad(HTTP, 9, 0), *bad(BANNER, 9, 0))
    assert found.condition is Condition.SUSPECT


def test_errors_of_ours_are_no_evidence() -> None:
    machine = instance()
    unknown = [sample(kind, ago, Verdict.UNKNOWN, "no route") for kind in (HTTP, BANNER) for ago in range(9)]
    assert verdict(machine, status(machine), *unknown).condition is Condition.HEALTHY


def test_a_sick_monitor_judges_nobody() -> None:
    machine = instance()
    evidence = Evidence(machine, status(machine, system=impaired(99)), bad(HTTP, 4, 2, 0), False, "no reply")
    assert judge(evidence, POLICY, NOW) == Judgement(Condition.UNKNOWN, ("the monitor is sick: no reply",))


def test_a_fresh_start_is_in_grace_until_its_first_reply() -> None:
    machine = instance(launched=NOW - 5 * MINUTE)
    checks = status(machine, instance=CheckState("initializing"), system=CheckState("initializing"))
    assert (
        verdict(machine, checks, *bad(HTTP, 4, 2, 0), *bad(BANNER, 4, 2, 0)).condition is Condition.STARTING
    )
    replied = (*good(HTTP, 4.5), *bad(HTTP, 4, 2, 0), *bad(BANNER, 4, 2, 0))
    assert verdict(machine, checks, *replied).condition is Condition.FAILED


def test_grace_ends() -> None:
    machine = instance(launched=NOW - 11 * MINUTE)
    checks = status(machine, instance=CheckState("initializing"))
    assert verdict(machine, checks, *bad(HTTP, 4, 2, 0), *bad(BANNER, 4, 2, 0)).condition is Condition.FAILED


@pytest.mark.parametrize("reason", ["Client.UserInitiatedShutdown", "Client.InstanceInitiatedShutdown"])
@pytest.mark.parametrize("state", [State.STOPPED, State.TERMINATED, State.STOPPING, State.SHUTTING_DOWN])
def test_what_somebody_ordered_is_not_a_failure(state: State, reason: str) -> None:
    machine = instance(state=state, state_reason=reason)
    assert verdict(machine, None, *bad(HTTP, 4, 2, 0), *bad(BANNER, 4, 2, 0)).condition is Condition.WILLED


@pytest.mark.parametrize(
    "reason",
    [
        "Server.InternalError",
        "Server.ScheduledStop",
        "Server.SpotInstanceTermination",
        "Server.InsufficientInstanceCapacity",
        "Client.InternalError",
    ],
)
@pytest.mark.parametrize("state", [State.STOPPED, State.TERMINATED])
def test_what_aws_stopped_has_failed_and_is_fenced(state: State, reason: str) -> None:
    found = verdict(instance(state=state, state_reason=reason), None)
    assert (found.condition, found.fenced) == (Condition.FAILED, True)


def test_a_stop_without_a_reason_is_only_suspect() -> None:
    assert verdict(instance(state=State.STOPPED), None).condition is Condition.SUSPECT


def test_our_own_stop_does_not_read_as_somebodys_will() -> None:
    tags = {STATE: "fencing", FAILURE: "1:recovering:restart:20260102T030000Z"}
    machine = instance(state=State.STOPPED, state_reason="Client.UserInitiatedShutdown", tags=tags)
    assert verdict(machine, None).condition is Condition.FAILED
    after = replace(machine, tags={**machine.tags, FAILURE: "1:failed"})
    assert verdict(after, None) == Judgement(
        Condition.FAILED, ("stopped by a recovery that did not finish",), fenced=True
    )


def test_nothing_to_judge_by() -> None:
    assert verdict(instance(), None).condition is Condition.UNJUDGEABLE


kinds = st.sampled_from([HTTP, BANNER])
any_samples = st.lists(
    st.builds(
        sample,
        kinds,
        st.floats(0, 15),
        st.sampled_from(list(Verdict)),
        st.sampled_from(["no reply", "replied 500"]),
    ),
    max_size=12,
).map(tuple)


@given(samples=any_samples, minutes=st.floats(0, 60))
def test_whoever_replied_last_is_never_recovered(samples: tuple[Sample, ...], minutes: float) -> None:
    machine = instance()
    now = (*samples, *good(HTTP, -0.01))
    assert verdict(machine, status(machine, system=impaired(minutes)), *now).condition is not Condition.FAILED


@given(samples=any_samples)
def test_the_order_of_samples_does_not_matter(samples: tuple[Sample, ...]) -> None:
    distinct = tuple({(each.kind, each.at): each for each in samples}.values())
    machine = instance()
    forward, backward = verdict(machine, None, *distinct), verdict(machine, None, *reversed(distinct))
    assert forward.condition is backward.condition


@given(samples=any_samples)
def test_application_kinds_alone_fence_only_when_nobody_replied(samples: tuple[Sample, ...]) -> None:
    machine = instance()
    if verdict(machine, status(machine), *samples).condition is Condition.FAILED:
        told = [each for each in samples if each.verdict is not Verdict.UNKNOWN]
        newest = {
            kind: max((s for s in told if s.kind is kind), key=lambda s: s.at) for kind in (HTTP, BANNER)
        }
        assert all(each.verdict is Verdict.BAD and each.reason == "no reply" for each in newest.values())


def test_looking_twice_a_minute_does_not_shorten_what_is_looked_back_at() -> None:
    machine = instance()
    times = [half / 2 for half in range(6, -1, -1)]
    found = verdict(machine, status(machine), *bad(HTTP, *times), *bad(BANNER, *times))
    assert found.condition is Condition.FAILED
    assert found.reasons[0].startswith("http: 7 bad of 7 over 3m")


def test_looking_often_does_not_make_a_few_bad_samples_many() -> None:
    machine = instance()
    times = [quarter / 4 for quarter in range(12, 2, -1)]
    mixed = [*good(HTTP, *times), *bad(HTTP, 0.5, 0.25, 0), *good(BANNER, *times), *bad(BANNER, 0.5, 0.25, 0)]
    assert verdict(machine, status(machine), *mixed).condition is Condition.SUSPECT


def test_the_longest_policy_is_reached_by_what_the_ring_keeps() -> None:
    """`check` and `recover` both look each minute, and six kinds of evidence are kept of each look."""
    policy, machine, ring = Policy(bad=MOST_OF, of=MOST_OF, over=LONGEST_OVER), instance(), MemoryEvidence()
    for step in reversed(range(2 * 60)):
        keep(ring, [sample(kind, step / 2, Verdict.BAD, "no reply in 5 s") for kind in Kind])
    found = judge(Evidence(machine, None, kept(ring, machine.id, NOW - policy.window)), policy, NOW)
    assert found.condition is Condition.FAILED, found
