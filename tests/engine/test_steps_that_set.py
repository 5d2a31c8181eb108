"""Steps that change what is there, on the sandbox: done when AWS shows it, unchanged when it was so, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ec2kit.aws.requests import ImageRequest, VolumeRequest
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
    DeprecateImage,
    DeregisterImage,
    DetachVolume,
    KeepVolume,
    ModifyInstance,
    PutParameter,
    RebootInstance,
    RegisterImage,
    ReleaseAddress,
    SetTags,
    ShareImage,
    ShareSnapshot,
    StartInstance,
    Step,
    StopInstance,
    TerminateInstance,
    UndeprecateImage,
)
from ec2kit.engine.undo import undo_plan
from ec2kit.errors import Exit
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import AllocationId, ImageId, InstanceId, RunId, SnapshotId, VolumeId
from ec2kit.model.instances import State
from tests.engine.ground import allocation, fresh, holder
from tests.engine.practice import ADDRESS, Practice

FRIEND = "444455556666"


@dataclass(frozen=True)
class Case:
    """A step, what has to be before it, and what is to be seen afterwards."""

    name: str
    step: Callable[[Practice], Step]
    shown: Callable[[Practice, Step], bool]
    back: bool = True


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


def in_a_month(practice: Practice) -> datetime:
    """A whole minute, as AWS keeps it."""
    return (practice.clock.now() + timedelta(days=30)).replace(second=0, microsecond=0)


def out_of_date(practice: Practice) -> UndeprecateImage:
    """An image of this test's own that is to be deprecated."""
    step = DeprecateImage(image(practice), in_a_month(practice))
    practice.do(step, before=True)
    return UndeprecateImage(step.image, step.at)


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
        "share an image",
        lambda p: ShareImage(image(p), (FRIEND, "all")),
        lambda p, s: p.aws.sharing.of_image(s.target()) == {FRIEND, "all"},
    ),
    Case(
        "share a snapshot",
        lambda p: ShareSnapshot(snapshot(p), (FRIEND,)),
        lambda p, s: p.aws.sharing.of_snapshot(s.target()) == {FRIEND},
    ),
    Case(
        "deprecate",
        lambda p: DeprecateImage(image(p), in_a_month(p)),
        lambda p, s: p.aws.images.one(s.target()).deprecates is not None,
    ),
    Case("deprecate no longer", out_of_date, lambda p, s: p.aws.images.one(s.target()).deprecates is None),
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
