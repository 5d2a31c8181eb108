"""Pause, resume, acknowledge, retire: the plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.model.disks import Volume
from ec2kit.model.ids import VolumeId, Zone
from ec2kit.model.instances import Disk, Instance, State
from ec2kit.model.tags import FAILURE, HOLD_FAILED, HOLD_PAUSE, KEEP, NAME, PROTECT, REPLACES, STATE
from ec2kit.recovery.holding import (
    Halves,
    ack_plan,
    pause_all_plan,
    pause_plan,
    resume_all_plan,
    resume_plan,
)
from ec2kit.recovery.holds import Hold
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.retire import Retiring, retire_plan
from ec2kit.recovery.storm import Watched
from tests.recovery.making import NOW, instance

HOLD = Hold("ops@desk", "kernel upgrade", NOW)
GIVEN_UP = {HOLD_FAILED: "until=-; by=ec2kit; why=recovery 1 failed", FAILURE: "1:failed"}


def kinds(plan: Plan) -> list[str]:
    return [planned.key for planned in plan.steps]


def test_pausing_writes_owner_reason_and_end() -> None:
    stranger = replace(instance("i-2"), tags={NAME: "web-2"})
    plan = pause_plan([instance(), stranger], HOLD)
    assert (
        plan.steps[0].step.describe().count("until=2026-01-02T03:04:05Z; by=ops@desk; why=kernel upgrade")
        == 1
    )
    assert [refusal.resource for refusal in plan.refused] == ["web-2 (i-2)"]


def test_pausing_says_that_a_recovery_in_flight_goes_on() -> None:
    assert pause_plan([instance(tags={FAILURE: "1:recovering"})], HOLD).notes == (
        "web-1 is being recovered: that goes on",
    )


def test_resuming_lifts_only_what_is_there() -> None:
    paused = instance(tags={HOLD_PAUSE: "until=-; by=a; why=b"})
    plan = resume_plan([paused, instance("i-2", tags={NAME: "web-2"})])
    assert kinds(plan) == ["i-00000001/resume"]
    assert plan.unchanged == (("web-2 (i-2)", "it is not paused"),)


def test_the_pause_for_all_is_a_parameter() -> None:
    assert kinds(pause_all_plan(HOLD, None)) == ["pause-all"]
    assert kinds(resume_all_plan("until=-; by=a; why=b")) == ["resume-all"]
    assert not resume_all_plan(None).steps


def half(id: str, state: State, **tags: str) -> Instance:
    return instance(id, state=state, tags=tags)


OLD = half("i-1", State.STOPPED, **GIVEN_UP, **{STATE: "quarantined", NAME: "web-1.failed-1"})


def test_a_machine_whose_restart_failed_is_only_let_go() -> None:
    old = half("i-1", State.RUNNING, **GIVEN_UP, **{STATE: "fencing"})
    assert kinds(ack_plan([Halves(old)])) == ["i-1/ack"]


def test_a_living_replacement_becomes_the_machine() -> None:
    new = half("i-2", State.RUNNING, **GIVEN_UP, **{STATE: "twin", REPLACES: "i-1"})
    plan = ack_plan([Halves(OLD, new)])
    assert kinds(plan) == ["i-2/watched", "i-1/ack", "i-2/ack"]
    assert plan.step("i-1/ack").needs == ("i-2/watched",)
    assert "i-2" in plan.notes[0]


@pytest.mark.parametrize("successor", [None, half("i-2", State.TERMINATED, **{STATE: "twin"})])
def test_without_a_replacement_the_old_half_is_the_machine_again(successor: Instance | None) -> None:
    plan = ack_plan([Halves(OLD, successor)])
    assert kinds(plan) == ["i-1/back", "i-1/ack"]
    assert "Name=web-1" in plan.steps[0].step.describe()


def test_a_stopped_replacement_is_for_a_person_to_decide() -> None:
    new = half("i-2", State.STOPPED, **GIVEN_UP, **{STATE: "twin"})
    plan = ack_plan([Halves(OLD, new)])
    assert kinds(plan) == ["i-1/ack", "i-2/ack"]
    assert "nobody watches either half" in plan.notes[0]


def test_nothing_to_acknowledge() -> None:
    assert ack_plan([Halves(instance())]).unchanged == (("web-1 (i-00000001)", "no recovery of it failed"),)


def quarantined(**changes: Any) -> Instance:
    tags = {STATE: "quarantined", NAME: "web-1.failed-1", PROTECT: "replace", **changes.pop("tags", {})}
    disks = (Disk("/dev/xvda", VolumeId("vol-1"), False),)
    return instance("i-1", **{"state": State.STOPPED, "disks": disks, **changes}, tags=tags)


VOLUME = Volume(VolumeId("vol-1"), "in-use", 8, Zone("eu-west-1a"), device="/dev/xvda")


def judged(condition: Condition) -> Watched:
    return Watched(instance("i-2"), Judgement(condition))


def test_retiring_ends_the_old_half_and_keeps_its_volumes() -> None:
    plan = retire_plan([Retiring(quarantined(), judged(Condition.HEALTHY), (VOLUME,))], volumes=False)
    assert kinds(plan) == ["i-1/terminate", "i-1/untag"]
    assert "stay and are billed: vol-1 (8 GiB, /dev/xvda)" in plan.notes[0]


def test_volumes_go_only_when_that_is_said() -> None:
    plan = retire_plan([Retiring(quarantined(), judged(Condition.HEALTHY), (VOLUME,))], volumes=True)
    assert kinds(plan) == ["i-1/terminate", "i-1/untag", "i-1/delete-vol-1"]
    assert plan.steps[-1].needs == ("i-1/terminate",)


def test_what_would_go_along_is_kept_first_and_protection_lifted() -> None:
    going = quarantined(disks=(Disk("/dev/xvda", VolumeId("vol-1"), True),))
    plan = retire_plan([Retiring(going, judged(Condition.HEALTHY), (VOLUME,), protected=True)], volumes=False)
    assert kinds(plan) == ["i-1/keep/dev/xvda", "i-1/unprotect", "i-1/terminate", "i-1/untag"]
    assert plan.step("i-1/terminate").needs == ("i-1/keep/dev/xvda", "i-1/unprotect")


@pytest.mark.parametrize(
    "retiring, rule",
    [
        (Retiring(instance(), judged(Condition.HEALTHY)), "quarantine"),
        (Retiring(quarantined(state=State.TERMINATED), judged(Condition.HEALTHY)), "quarantine"),
        (Retiring(quarantined(tags={KEEP: "yes"}), judged(Condition.HEALTHY)), KEEP),
        (Retiring(quarantined()), "replacement"),
        (Retiring(quarantined(), judged(Condition.SUSPECT)), "replacement"),
    ],
)
def test_what_is_not_retired(retiring: Retiring, rule: str) -> None:
    plan = retire_plan([retiring], volumes=True)
    assert not plan.steps
    assert [refusal.rule for refusal in plan.refused] == [rule]
