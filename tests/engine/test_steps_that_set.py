"""Steps that change what is there, on the sandbox: done when AWS shows it, unchanged when it was so, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from ec2kit.aws.requests import ImageRequest, LaunchRequest, Place, VolumeRequest
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import (
    AllocateAddress,
    AssociateAddress,
    AttachVolume,
    CreateSnapshotSet,
    CreateVolume,
    DeleteSnapshot,
    DeleteTags,
    DeleteVolume,
    DeregisterImage,
    DetachVolume,
    DisassociateAddress,
    KeepVolume,
    ModifyInstance,
    PutParameter,
    RebootInstance,
    RegisterImage,
    ReleaseAddress,
    RunInstance,
    SetTags,
    StartInstance,
    Step,
    StopInstance,
    TerminateInstance,
)
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import AlreadyTaken, Ec2kitError, Exit, NoCapacity
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import AllocationId, ImageId, InstanceId, InstanceType, RunId, SnapshotId, VolumeId
from ec2kit.model.instances import State
from tests.engine.practice import ADDRESS, Practice


@dataclass(frozen=True)
class Case:
    """A step, what has to be before it, and what is to be seen afterwards."""

    name: str
    step: Callable[[Practice], Step]
    shown: Callable[[Practice, Step], bool]
    back: bool = True


def allocation(practice: Practice) -> AllocationId:
    """The seeded address."""
    return next(each.allocation for each in practice.aws.addresses.describe() if each.public_ip == ADDRESS)


def holder(practice: Practice) -> str | None:
    """Who has the seeded address."""
    return practice.aws.addresses.one(allocation(practice)).instance


def free(practice: Practice) -> None:
    """Take the seeded address from whoever has it."""
    practice.aws.addresses.disassociate(practice.aws.addresses.one(allocation(practice)).association)


def fresh(practice: Practice) -> InstanceId:
    """A machine of this test's own."""
    like = practice.aws.instances.one(practice.instance())
    request = LaunchRequest(like.image, groups=like.groups, tags={"Name": practice.name})
    made = practice.do(RunInstance(request, (Place(InstanceType("t3.micro"), like.subnet),)), before=True)
    return InstanceId(made.results["1-run-instance"]["instance_id"])


def volume(practice: Practice) -> VolumeId:
    """A volume of this test's own."""
    zone = practice.aws.instances.one(practice.instance()).zone
    create = CreateVolume(VolumeRequest(zone, 1, tags={"Name": practice.name}))
    return VolumeId(practice.do(create, before=True).results["1-create-volume"]["volume_id"])


def detaching(practice: Practice) -> DetachVolume:
    """A volume of this test's own, on a machine of its own."""
    id, instance = volume(practice), fresh(practice)
    practice.do(AttachVolume(id, instance, "/dev/sdq"), before=True)
    return DetachVolume(id, instance, "/dev/sdq")


def snapshot(practice: Practice) -> SnapshotId:
    """A snapshot of web-2's first disk."""
    instance = practice.instance("web-2")
    number = len(practice.aws.instances.one(instance).disks)
    made = practice.do(CreateSnapshotSet(instance, f"set-{practice.name}", number), before=True)
    return SnapshotId(made.results["1-create-snapshot-set"]["snapshot_ids"][0])


def image(practice: Practice) -> ImageId:
    """An image of this test's own."""
    request = ImageRequest(practice.name, "x86_64", "/dev/xvda", (Mapping("/dev/xvda", snapshot(practice)),))
    made = practice.do(RegisterImage(request), before=True)
    return ImageId(made.results["1-register-image"]["image_id"])


def address(practice: Practice) -> AllocationId:
    """An address of this test's own."""
    made = practice.do(AllocateAddress({"Name": practice.name}), before=True)
    return AllocationId(made.results["1-allocate-address"]["allocation_id"])


def is_state(state: State) -> Callable[[Practice, Step], bool]:
    """Whether the step's instance is in this state."""
    return lambda practice, step: practice.aws.instances.one(step.target()).state is state


def stopped(practice: Practice) -> InstanceId:
    """A stopped machine."""
    id = fresh(practice)
    practice.aws.instances.stop(id)
    practice.sandbox.tick(120)
    return id


CASES = (
    Case("start", lambda p: StartInstance(stopped(p)), is_state(State.RUNNING)),
    Case("stop", lambda p: StopInstance(fresh(p)), is_state(State.STOPPED)),
    Case("stop by force", lambda p: StopInstance(fresh(p), force=True), is_state(State.STOPPED)),
    Case("terminate", lambda p: TerminateInstance(fresh(p)), is_state(State.TERMINATED), back=False),
    Case(
        "source/dest check",
        lambda p: ModifyInstance(p.instance(), "source_dest_check", False, before=True),
        lambda p, s: not p.aws.instances.one(p.instance()).source_dest_check,
    ),
    Case(
        "type",
        lambda p: ModifyInstance(stopped(p), "instance_type", "t3.small", before="t3.micro"),
        lambda p, s: p.aws.instances.one(s.target()).type == "t3.small",
    ),
    Case(
        "termination protection",
        lambda p: ModifyInstance(p.instance(), "disable_api_termination", True, before=False),
        lambda p, s: p.aws.instances.attributes(p.instance()).disable_api_termination,
    ),
    Case(
        "keep",
        lambda p: KeepVolume(p.instance(), "/dev/xvda"),
        lambda p, s: not p.aws.instances.one(p.instance()).disks[0].delete_on_termination,
    ),
    Case(
        "attach",
        lambda p: AttachVolume(volume(p), p.instance(), "/dev/sdp"),
        lambda p, s: p.aws.volumes.one(s.target()).attachment == "attached",
    ),
    Case(
        "detach",
        detaching,
        lambda p, s: p.aws.volumes.one(s.target()).state == "available",
    ),
    Case(
        "delete volume",
        lambda p: DeleteVolume(volume(p)),
        lambda p, s: not p.aws.volumes.describe([s.target()]),
        back=False,
    ),
    Case(
        "delete snapshot",
        lambda p: DeleteSnapshot(snapshot(p)),
        lambda p, s: not p.aws.snapshots.describe([s.target()]),
        back=False,
    ),
    Case(
        "deregister",
        lambda p: DeregisterImage(image(p)),
        lambda p, s: not p.aws.images.describe([s.target()]),
        back=False,
    ),
    Case(
        "associate",
        lambda p: AssociateAddress(allocation(p), p.instance(), public_ip=ADDRESS),
        lambda p, s: holder(p) == p.instance(),
    ),
    Case(
        "release",
        lambda p: ReleaseAddress(address(p)),
        lambda p, s: all(each.allocation != s.target() for each in p.aws.addresses.describe()),
        back=False,
    ),
    Case(
        "tag",
        lambda p: SetTags((p.instance(), p.instance("web-2")), {"team": "shop"}, {}),
        lambda p, s: all(
            tags.get("team") == "shop" for tags in p.aws.tags.of([p.instance(), p.instance("web-2")]).values()
        ),
    ),
    Case(
        "untag",
        lambda p: DeleteTags((p.instance("web-3"),), ("role",), {p.instance("web-3"): {"role": "web"}}),
        lambda p, s: "role" not in p.aws.tags.of([p.instance("web-3")])[p.instance("web-3")],
    ),
    Case(
        "parameter",
        lambda p: PutParameter("/ec2kit/pause", "now"),
        lambda p, s: p.aws.parameters.get("/ec2kit/pause") == "now",
    ),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_it_is_done_and_again_there_is_nothing_to_do_and_back(practice: Practice, case: Case) -> None:
    step = case.step(practice)
    practice.sandbox.app.calls.clear()
    practice.do(step)
    assert set(practice.sandbox.app.calls.names()) <= set(step.actions)
    assert case.shown(practice, step)
    practice.sandbox.tick(10)
    changes = practice.changes()
    again = practice.carry_out(Plan.of(step), RunId(f"{practice.run}-again"))
    assert again.exit is Exit.DONE
    assert again.unchanged == tuple(again.results)
    assert practice.changes() == changes
    back = undo_plan(practice.journal.steps(practice.run))
    if not case.back:
        assert back.refused
        assert not back
        return
    assert practice.carry_out(back, RunId(f"{practice.run}-back")).exit is Exit.DONE
    practice.sandbox.tick(10)
    assert not case.shown(practice, step)


@each_case
def test_a_lost_answer_does_not_matter(practice: Practice, case: Case) -> None:
    step = case.step(practice)
    for action in step.actions:
        if not action.startswith(("ec2:Describe", "ssm:Get")):
            practice.lose_answer(action.partition(":")[2])
    practice.do(step)
    assert case.shown(practice, step)
    undo = undo_plan(practice.journal.steps(practice.run))
    practice.carry_out(undo, RunId(f"{practice.run}-back"))


def test_reboot_is_sent_and_the_machine_still_runs(practice: Practice) -> None:
    practice.do(RebootInstance(practice.instance()))
    assert practice.changes() == ["RebootInstances"]


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
