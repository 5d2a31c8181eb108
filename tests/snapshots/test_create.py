"""The plan of a set: the description first, once for each distinct one, and no user data in the plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.codec import decode_plan, encode_plan
from ec2kit.engine.steps import AddTemplateVersion, CreateSnapshotSet, CreateTemplate
from ec2kit.engine.steps.base import later
from ec2kit.inventory.description import fingerprint, spec_from_tags, spec_of, template_data
from ec2kit.model.disks import TemplateVersion, Volume
from ec2kit.model.ids import TemplateId, VolumeId
from ec2kit.model.instances import State
from ec2kit.model.tags import LAUNCH, MAX_TAGS
from ec2kit.snapshots.create import Subject, create_plan
from tests.snapshots.making import machine
from tests.support.fleet import NOW


def version(number: int, description: str) -> TemplateVersion:
    return TemplateVersion(TemplateId("lt-00000001"), "ec2kit-web-1", number, {}, description)


def test_a_machine_without_template_gets_one_and_then_a_set_that_refers_to_it() -> None:
    plan = create_plan([Subject(machine())], NOW)

    create, take = plan.steps
    assert isinstance(create.step, CreateTemplate)
    assert isinstance(take.step, CreateSnapshotSet)
    assert create.step.name == "ec2kit-web-1"
    assert create.step.user_data_from == "i-00000001"
    assert take.needs == (create.key,)
    assert take.step.tags[LAUNCH] == later(create.key, "reference")
    assert (take.step.set, take.step.volumes, take.step.size_gib) == ("web-1@20260102T030405Z", 2, 28)
    assert spec_from_tags(take.step.tags) == spec_of(machine())
    assert {create.subject, take.subject} == {"web-1"}
    assert "28 GiB" in plan.notes[0]


def test_a_description_that_is_there_already_is_not_written_again() -> None:
    same = fingerprint(template_data(machine()))

    (take,) = create_plan([Subject(machine(), (version(8, "other"), version(7, same)))], NOW).steps

    assert isinstance(take.step, CreateSnapshotSet)
    assert take.step.tags[LAUNCH] == "lt-00000001:7"


def test_a_changed_machine_is_another_version_of_the_same_template() -> None:
    add, _ = create_plan([Subject(machine(), (version(7, "as it was"),))], NOW).steps

    assert isinstance(add.step, AddTemplateVersion)
    assert add.step.id == "lt-00000001"


def test_user_data_is_not_in_the_journal() -> None:
    stored = json.dumps(encode_plan(create_plan([Subject(machine())], NOW)))

    assert "secret" not in stored
    assert "IyEvYmluL3No" not in stored
    assert len(decode_plan(json.loads(stored)).steps) == 2


def test_two_machines_of_one_name_do_not_share_a_set_or_a_template() -> None:
    one, two = Subject(machine(1), label="web-i-1"), Subject(machine(2), label="web-i-2")

    steps = [planned.step for planned in create_plan([one, two], NOW).steps]

    assert len({step.name for step in steps if isinstance(step, CreateTemplate)}) == 2
    assert len({step.set for step in steps if isinstance(step, CreateSnapshotSet)}) == 2


@pytest.mark.parametrize(
    "changes,why",
    [
        ({"state": State.TERMINATED}, "it is terminated"),
        ({"state": State.PENDING}, "it is pending"),
        ({"root_device_type": "instance-store"}, "instance store"),
        ({"disks": ()}, "no EBS volumes"),
    ],
)
def test_refused(changes: dict[str, Any], why: str) -> None:
    plan = create_plan([Subject(machine(**changes)), Subject(machine(2))], NOW)

    assert [why in refusal.reason for refusal in plan.refused] == [True]
    assert {planned.subject for planned in plan.steps} == {"web-2"}


def test_a_description_that_no_snapshot_can_carry_is_refused_and_not_cut() -> None:
    # Text that does not compress, as long as the tags of 26 volumes may be.
    noise = {
        f"{number:04x}": "".join(chr(0x4E00 + (n * 7919 + number * 104729) % 20000) for n in range(250))
        for number in range(45)
    }
    whole = machine()
    disks = tuple(
        replace(whole.instance.disks[0], device=f"/dev/sd{letter}", volume=VolumeId(f"vol-{letter}"))
        for letter in "abcdefghijklmnop"
    )
    volumes: tuple[Volume, ...] = tuple(
        replace(whole.volumes[0], id=disk.volume, device=disk.device, tags=noise) for disk in disks
    )
    laden = replace(whole, instance=replace(whole.instance, disks=disks), volumes=volumes)
    laden = replace(laden, instance=replace(laden.instance, tags={**noise, "Name": "web-1"}))

    plan = create_plan([Subject(laden)], NOW)

    assert not plan.steps
    assert "too long" in plan.refused[0].reason


def test_every_set_fits_the_tags_of_a_snapshot() -> None:
    *_, take = create_plan([Subject(machine())], NOW).steps

    assert isinstance(take.step, CreateSnapshotSet)
    # The step adds its mark, the set's name and the number of volumes.
    assert len(take.step.tags) + 3 <= MAX_TAGS
