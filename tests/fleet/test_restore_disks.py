"""A set as another root disk, and as loose volumes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.steps import (
    AttachVolume,
    CreateVolume,
    DetachVolume,
    KeepVolume,
    SetTags,
    StartInstance,
    StopInstance,
)
from ec2kit.engine.steps.base import later
from ec2kit.fleet.restore_root import root_plan
from ec2kit.fleet.restore_volumes import volumes_plan
from ec2kit.inventory.description import spec_of
from ec2kit.model.ids import Zone
from ec2kit.model.instances import Instance, State
from ec2kit.model.tags import DEVICE, FAILURE, KEEP, NAME, SET, STATE
from tests.snapshots.making import machine, set_of, source
from tests.support.fleet import NOW

WEB = machine()
ROOT = WEB.volumes[0]
NEW = later("root/volume", "volume_id")


def test_a_running_machine_is_down_only_for_the_swap_and_keeps_its_old_disk() -> None:
    plan = root_plan(source(WEB), WEB.instance, ROOT, NOW)

    create, *rest = [planned.step for planned in plan.steps]
    assert isinstance(create, CreateVolume)
    assert create.request.snapshot == "snap-1-0"
    assert create.request.zone == "eu-west-1a"
    assert rest == [
        StopInstance(WEB.instance.id),
        SetTags((ROOT.id,), {NAME: "web-1 root before web-1@20260102T020405Z"}, {ROOT.id: ROOT.tags}),
        DetachVolume(ROOT.id, WEB.instance.id, "/dev/xvda"),
        AttachVolume(NEW, WEB.instance.id, "/dev/xvda"),
        KeepVolume(WEB.instance.id, "/dev/xvda", keep=False),
        StartInstance(WEB.instance.id),
    ]
    assert all(
        later_one.needs == (one.key,) for one, later_one in zip(plan.steps, plan.steps[1:], strict=False)
    )
    assert any("vol-00000001 (8 GiB) is kept" in note for note in plan.notes)


def test_a_stopped_machine_stays_stopped_and_one_without_root_disk_gets_one() -> None:
    stopped = replace(WEB.instance, state=State.STOPPED, disks=WEB.instance.disks[1:])

    plan = root_plan(source(WEB), stopped, None, NOW)

    assert [planned.key for planned in plan.steps] == ["root/volume", "root/attach", "root/mark"]
    assert plan.step("root/mark").step == KeepVolume(stopped.id, "/dev/xvda", keep=False)


@pytest.mark.parametrize(
    "changes,rule",
    [
        ({"tags": {KEEP: "me"}}, KEEP),
        ({"tags": {STATE: "quarantined"}}, "quarantine"),
        ({"tags": {FAILURE: "1:recovering"}}, "recovery"),
        ({"tags": {"aws:autoscaling:groupName": "web"}}, "autoscaling"),
        ({"state": State.STOPPING}, "state"),
        ({"root_device_type": "instance-store"}, "state"),
        ({"architecture": "i386"}, "architecture"),
    ],
)
def test_root_refused(changes: dict[str, Any], rule: str) -> None:
    instance: Instance = machine(1, **changes).instance

    plan = root_plan(source(WEB), instance, ROOT, NOW)

    assert not plan.steps
    assert [refusal.rule for refusal in plan.refused] == [rule]


def test_the_disk_of_another_machine_is_told() -> None:
    assert any(
        "another machine: web-1" in note
        for note in root_plan(source(WEB), machine(2).instance, None, NOW).notes
    )


def test_loose_volumes_are_the_disks_with_their_device_and_set_in_tags() -> None:
    plan = volumes_plan(set_of(WEB), spec_of(WEB), Zone("eu-west-1b"), NOW)

    made = [planned.step.request for planned in plan.steps if isinstance(planned.step, CreateVolume)]
    assert [(each.zone, each.size_gib, each.snapshot, each.tags[DEVICE]) for each in made] == [
        ("eu-west-1b", 20, "snap-1-1", "/dev/sdf"),
        ("eu-west-1b", 8, "snap-1-0", "/dev/xvda"),
    ]
    assert {each.tags[SET] for each in made} == {"web-1@20260102T020405Z"}
    assert [each.tags[NAME] for each in made] == ["data", "web-1"]
    assert any("28 GiB" in note for note in plan.notes)


def test_a_set_without_description_still_gives_its_disks() -> None:
    plan = volumes_plan(set_of(WEB), None, Zone("eu-west-1b"), NOW)

    assert sorted(planned.subject for planned in plan.steps) == ["web-1 snap-1-0", "web-1 snap-1-1"]


def test_nothing_is_made_of_a_set_that_is_not_complete() -> None:
    plan = volumes_plan(set_of(WEB, 1, ("pending",)), spec_of(WEB), Zone("eu-west-1b"), NOW)

    assert not plan.steps
    assert "still copying" in plan.refused[0].reason
