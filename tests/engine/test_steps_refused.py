"""Steps that AWS does not do as asked: a stop that hangs, nobody there, a rival, no capacity."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ec2kit.aws.requests import LaunchRequest, Place
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import (
    AssociateAddress,
    DisassociateAddress,
    RunInstance,
    StartInstance,
    StopInstance,
    TerminateInstance,
)
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import AlreadyTaken, Ec2kitError, Exit, NoCapacity
from ec2kit.model.ids import InstanceId, InstanceType, RunId
from ec2kit.model.instances import State
from tests.engine.ground import allocation, free, fresh, holder
from tests.engine.practice import ADDRESS, Practice


def test_a_stop_that_hangs_is_still_in_progress_and_force_goes_on(practice: Practice) -> None:
    id = fresh(practice)
    practice.sandbox.app.world.conditions.stuck_stop.add(id)
    outcome = practice.carry_out(Plan.of(StopInstance(id)))
    assert outcome.exit is Exit.STILL_IN_PROGRESS
    assert "it is 'stopping'" in outcome.failures[0].error.message
    practice.sandbox.app.world.conditions.stuck_stop.discard(id)


def test_an_instance_that_does_not_exist_is_not_found(practice: Practice) -> None:
    nobody = InstanceId("i-00000000000000000")
    for step in (StartInstance(nobody), StopInstance(nobody), TerminateInstance(nobody)):
        outcome = practice.carry_out(Plan.of(step), RunId(f"{practice.run}-{step.kind}"))
        assert outcome.exit is Exit.NOT_FOUND


class TestAddresses:
    """AssociateAddress has no compare-and-set: who may lose the address is looked at, and who got it."""

    def test_from_somebody_unexpected_it_is_not_taken(self, practice: Practice) -> None:
        practice.do(AssociateAddress(allocation(practice), practice.instance("web-2")), before=True)
        for expected in (None, practice.instance("web-3")):
            step = AssociateAddress(allocation(practice), practice.instance(), expected)
            outcome = practice.carry_out(Plan.of(step), RunId(f"{practice.run}-{expected}"))
            (failure,) = outcome.failures
            assert isinstance(failure.error, AlreadyTaken)
            assert practice.instance("web-2") in failure.error.message
            assert holder(practice) == practice.instance("web-2")
        free(practice)

    def test_from_the_expected_holder_it_is_taken_and_given_back(self, practice: Practice) -> None:
        ours, theirs = practice.instance(), practice.instance("web-2")
        practice.do(AssociateAddress(allocation(practice), theirs), before=True)
        practice.do(AssociateAddress(allocation(practice), ours, theirs))
        assert holder(practice) == ours
        back = undo_plan(practice.journal.steps(practice.run))
        practice.carry_out(back, RunId(f"{practice.run}-back"))
        assert holder(practice) == theirs
        free(practice)

    def test_a_rival_is_named(self, practice: Practice) -> None:
        rival = practice.instance("web-4")
        practice.sandbox.app.world.conditions.rivals[ADDRESS] = rival
        outcome = practice.carry_out(Plan.of(AssociateAddress(allocation(practice), practice.instance())))
        (failure,) = outcome.failures
        assert rival in failure.error.message
        assert ADDRESS in failure.error.message
        free(practice)

    def test_it_is_not_taken_from_somebody_else(self, practice: Practice) -> None:
        practice.do(AssociateAddress(allocation(practice), practice.instance("web-2")), before=True)
        step = DisassociateAddress(allocation(practice), practice.instance())
        assert practice.carry_out(Plan.of(step)).exit is Exit.FAILED
        assert holder(practice) == practice.instance("web-2")
        free(practice)


class TestLaunching:
    """What happens between the answer of RunInstances and `running`."""

    def launch(self, practice: Practice) -> RunInstance:
        like = practice.aws.instances.one(practice.instance())
        subnets = {subnet.zone: subnet.id for subnet in practice.aws.network.subnets()}
        places = tuple(Place(InstanceType("t3.micro"), subnets[zone], zone) for zone in sorted(subnets))
        return RunInstance(LaunchRequest(like.image, tags={"Name": practice.name}), places)

    def test_a_zone_without_capacity_is_passed_over(self, practice: Practice) -> None:
        step = self.launch(practice)
        practice.sandbox.app.world.conditions.no_capacity[step.places[0].zone, None] = 1
        outcome = practice.do(step)
        assert outcome.results["1-run-instance"]["zone"] == step.places[1].zone

    def test_without_capacity_anywhere_it_says_so(self, practice: Practice) -> None:
        practice.sandbox.app.world.conditions.no_capacity[None, None] = None
        outcome = practice.carry_out(Plan.of(self.launch(practice)))
        practice.sandbox.app.world.conditions.no_capacity.clear()
        assert outcome.exit is Exit.NO_CAPACITY

    def test_an_instance_that_ends_while_pending_is_a_failure_with_its_reason(
        self, practice: Practice
    ) -> None:
        def terminate(seen: str) -> None:
            if seen == State.PENDING:
                (record,) = practice.journal.steps(practice.run)
                practice.aws.instances.terminate(record.result["instance_id"])

        practice.listener.on_waiting = terminate
        (failure,) = practice.carry_out(Plan.of(self.launch(practice))).failures
        assert "while starting" in failure.error.message
        assert "Client.UserInitiatedShutdown" in failure.error.message

    def test_no_capacity_after_the_answer_goes_on_in_the_next_place(self, practice: Practice) -> None:
        step = self.launch(practice)
        instance = replace(
            practice.aws.instances.one(practice.instance()),
            state=State.TERMINATED,
            state_reason="Server.InsufficientInstanceCapacity",
        )
        with pytest.raises(NoCapacity):
            step.word({instance.id: instance}, {"instance_id": instance.id})

    def test_a_key_that_may_not_be_used_is_a_failure_with_a_hint(self, practice: Practice) -> None:
        before = practice.aws.instances.one(practice.instance())
        later = before.launched + timedelta(seconds=1)
        shown = replace(before, state=State.STOPPED, state_reason="Client.InternalError", launched=later)
        started = {"launched": before.launched.isoformat()}
        with pytest.raises(Ec2kitError) as caught:
            StartInstance(before.id).word({before.id: shown}, started)
        assert "key" in caught.value.hint
        late = replace(shown, launched=before.launched)
        assert StartInstance(before.id).word({before.id: late}, started) == "stopped"
