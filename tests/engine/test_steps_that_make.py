"""Each step that makes something, on the sandbox: made once, whatever happens to the call."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from ec2kit.aws.requests import ImageRequest, LaunchRequest, Place, VolumeRequest
from ec2kit.engine.execute import execute
from ec2kit.engine.plan import Plan
from ec2kit.engine.runs import Runs
from ec2kit.engine.steps import (
    AddTemplateVersion,
    AllocateAddress,
    CopyImage,
    CreateImage,
    CreateSnapshotSet,
    CreateTemplate,
    CreateVolume,
    RegisterImage,
    RunInstance,
    Step,
)
from ec2kit.engine.steps.image_copy import facts_of
from ec2kit.engine.steps.secret import Secret
from ec2kit.errors import Exit
from ec2kit.model import tags
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import InstanceType, Region, SnapshotId, TemplateId, VolumeId
from tests.engine.practice import Practice
from tests.engine.pretend import Cut
from tests.support.journals import MemoryJournal


@dataclass(frozen=True)
class Case:
    """A step that makes something: how to make the step, and the ids of all such things that are there."""

    action: str
    step: Callable[[Practice], Step]
    there: Callable[[Practice], Iterable[str]]
    made: int = 1


def _launch(practice: Practice) -> Step:
    like = practice.aws.instances.one(practice.instance())
    request = LaunchRequest(
        like.image,
        key=like.key,
        groups=like.groups,
        tags={"Name": practice.name},
        volume_tags={"Name": practice.name},
    )
    return RunInstance(request, (Place(InstanceType("t3.micro"), like.subnet, like.zone),))


def _volume(practice: Practice) -> Step:
    return CreateVolume(
        VolumeRequest(practice.aws.instances.one(practice.instance()).zone, 3, tags={"Name": practice.name})
    )


def _set(practice: Practice) -> Step:
    disks = practice.aws.instances.one(practice.instance()).disks
    return CreateSnapshotSet(
        practice.instance(), "web-1@20260102T030405Z", len(disks), tags={"ec2kit:of": "web-1"}
    )


def _register(practice: Practice) -> Step:
    made = practice.do(_set(practice), before=True)
    snapshot = SnapshotId(made.results["1-create-snapshot-set"]["snapshot_ids"][0])
    return RegisterImage(
        ImageRequest(practice.name, "x86_64", "/dev/xvda", (Mapping("/dev/xvda", snapshot),))
    )


THERE = Region("eu-central-1")


def _copy(practice: Practice) -> CopyImage:
    image = practice.aws.images.describe(filters={"name": ["debian-12-amd64"]})[0]
    facts = facts_of(image)
    return CopyImage(image.id, practice.aws.region, THERE, practice.name, tags={"team": "shop"}, facts=facts)


def _images_there(practice: Practice) -> list[str]:
    return [each.id for each in practice.aws.elsewhere(THERE).images.describe()]


def _template(practice: Practice) -> Step:
    return CreateTemplate({"InstanceType": "t3.micro"}, "sha-1", f"ec2kit-{practice.name}")


def _version(practice: Practice) -> Step:
    made = practice.do(_template(practice), before=True)
    template = TemplateId(made.results["1-create-template"]["template_id"])
    return AddTemplateVersion({"InstanceType": "t3.small"}, "sha-2", template)


def _all_versions(practice: Practice) -> list[str]:
    return [version.reference for version in practice.aws.templates.versions(f"ec2kit-{practice.name}")]


CASES = (
    Case("RunInstances", _launch, lambda p: [each.id for each in p.aws.instances.describe()]),
    Case("CreateVolume", _volume, lambda p: [each.id for each in p.aws.volumes.describe()]),
    Case("CreateSnapshots", _set, lambda p: [each.id for each in p.aws.snapshots.describe()], made=2),
    Case("RegisterImage", _register, lambda p: [each.id for each in p.aws.images.describe()]),
    Case(
        "CreateImage",
        lambda p: CreateImage(p.instance(), p.name),
        lambda p: [each.id for each in p.aws.images.describe()],
    ),
    Case("CopyImage", _copy, _images_there),
    Case(
        "AllocateAddress",
        lambda p: AllocateAddress({"Name": p.name}),
        lambda p: [each.allocation for each in p.aws.addresses.describe()],
    ),
    Case("CreateLaunchTemplate", _template, _all_versions),
    Case("CreateLaunchTemplateVersion", _version, _all_versions),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.action)


def settled(practice: Practice, case: Case) -> set[str]:
    """Everything that is there once AWS shows it all."""
    practice.sandbox.tick(120)
    return set(case.there(practice))


@each_case
def test_it_is_made_and_shown(practice: Practice, case: Case) -> None:
    step = case.step(practice)
    before = settled(practice, case)
    practice.sandbox.app.calls.clear()
    outcome = practice.do(step)
    assert set(practice.sandbox.app.calls.names()) <= set(step.actions)
    (result,) = outcome.results.values()
    made = settled(practice, case) - before
    assert len(made) == case.made
    ids = {str(value) for value in result.values()} | set(result.get("snapshot_ids", ()))
    assert made <= ids


@each_case
@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_around_the_call_it_is_made_once(practice: Practice, case: Case, where: str) -> None:
    plan = Plan.of(case.step(practice))
    before = settled(practice, case)
    (practice.die_before if where == "before" else practice.die_after)(case.action)
    with pytest.raises(Cut):
        practice.carry_out(plan)
    assert practice.carry_out(plan).exit is Exit.DONE
    assert len(settled(practice, case) - before) == case.made


@each_case
def test_with_its_answer_lost_it_is_made_once(practice: Practice, case: Case) -> None:
    step = case.step(practice)
    before = settled(practice, case)
    practice.lose_answer(case.action)
    practice.do(step)
    assert len(settled(practice, case) - before) == case.made
    assert practice.journal.steps(practice.run)[0].attempt == 0


@each_case
def test_another_run_of_the_same_name_makes_nothing_new(practice: Practice, case: Case) -> None:
    """Two monitors act on one failure: the same run, each with a journal of its own."""
    step = case.step(practice)
    before = settled(practice, case)
    practice.do(step)
    practice.sandbox.tick(30)
    practice.journal = MemoryJournal()
    outcome = practice.do(step)
    assert len(settled(practice, case) - before) == case.made
    assert outcome.unchanged == tuple(outcome.results)


def test_what_a_run_made_carries_its_mark(practice: Practice) -> None:
    outcome = practice.do(_launch(practice))
    instance = practice.aws.instances.one(outcome.results["1-run-instance"]["instance_id"])
    assert instance.tags[tags.RUN] == f"{practice.run}/1-run-instance"
    volumes = practice.aws.volumes.describe([disk.volume for disk in instance.disks])
    assert {volume.tags[tags.RUN] for volume in volumes} == {f"{practice.run}/1-run-instance"}


def test_a_set_of_which_a_snapshot_ends_in_error_fails_and_says_so(practice: Practice) -> None:
    disk = practice.aws.instances.one(practice.instance()).disks[0]
    practice.sandbox.app.world.conditions.failing_snapshots.add(disk.volume)
    outcome = practice.carry_out(Plan.of(_set(practice)))
    assert outcome.exit is Exit.FAILED
    assert "ended in error" in outcome.failures[0].error.message
    practice.sandbox.app.world.conditions.failing_snapshots.clear()
    again = practice.carry_out(Plan.of(_set(practice)))
    assert again.exit is Exit.DONE
    assert all(
        practice.aws.snapshots.one(id).state == "completed"
        for id in again.results["1-create-snapshot-set"]["snapshot_ids"]
    )


def test_a_set_tells_which_snapshot_is_of_which_volume(practice: Practice) -> None:
    disks = practice.aws.instances.one(practice.instance()).disks
    result = practice.do(_set(practice)).results["1-create-snapshot-set"]
    assert set(result["by_volume"]) == {disk.volume for disk in disks}
    for volume, snapshot in result["by_volume"].items():
        assert practice.aws.snapshots.one(snapshot).volume == VolumeId(volume)


def test_user_data_of_a_killed_run_is_read_again_from_its_instance(practice: Practice) -> None:
    text = practice.aws.instances.attributes(practice.instance()).user_data
    assert text
    step = CreateTemplate(
        {"InstanceType": "t3.micro"},
        "sha-1",
        f"ec2kit-{practice.name}",
        user_data=Secret.of(text),
        user_data_from=practice.instance(),
    )
    plan = Plan.of(step)
    practice.die_before("CreateLaunchTemplate")
    with pytest.raises(Cut):
        practice.carry_out(plan)
    assert practice.carry_out(plan).exit is Exit.DONE
    (version,) = practice.aws.templates.versions(f"ec2kit-{practice.name}")
    assert version.data["UserData"]


def test_user_data_that_only_a_person_has_is_wanted_again(practice: Practice) -> None:
    text = "#!/bin/sh\nhostname web-1\n"
    step = CreateTemplate({}, "sha-1", f"ec2kit-{practice.name}", user_data=Secret.of(text))
    plan = Plan.of(step)
    practice.die_before("CreateLaunchTemplate")
    with pytest.raises(Cut):
        practice.carry_out(plan)
    (failure,) = practice.carry_out(plan).failures
    assert "--new" in failure.error.hint
    with Runs(practice.journal, practice.clock).resume(practice.run, [text]) as work:
        assert execute(work.plan, practice.session(practice.run)).exit is Exit.DONE
    (version,) = practice.aws.templates.versions(f"ec2kit-{practice.name}")
    assert base64.b64decode(str(version.data["UserData"])).decode() == text
