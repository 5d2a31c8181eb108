"""The plans of an image of a machine, and what is gone on with on the workbench."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ec2kit.aws.blocks import BLOCK_BYTES, Blocks, Listed
from ec2kit.blocks.crew import Crew
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import CreateImage, CreateSnapshotSet, RegisterImage, UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.base import Ref
from ec2kit.errors import Busy, Ec2kitError
from ec2kit.images.creating import Cleaned, Wish, ends_with_image, first_plan, last_plan
from ec2kit.images.scrubbing import Reading, Scrubbing, Workbench, change_script, disk_name, scrubbed
from ec2kit.inventory.description import spec_of
from ec2kit.inventory.machine import Machine
from ec2kit.model.ids import SnapshotId
from ec2kit.model.instances import State
from ec2kit.model.tags import OF, UNSCRUBBED
from ec2kit.snapshots.create import Subject
from tests.images.made import image
from tests.snapshots.making import machine
from tests.support.fleet import NOW

WEB = machine()
WISH = Wish("golden")
ROOT, DATA = "vol-00000001", "vol-00000011"


def first(of: Machine = WEB, wish: Wish = WISH, **changes: Any) -> Plan:
    return first_plan(Subject(of), wish, changes.get("holder"), NOW)


def registered(plan: Plan) -> RegisterImage:
    step = plan.step("image").step
    assert isinstance(step, RegisterImage)
    return step


def test_what_is_scrubbed_begins_with_a_whole_set() -> None:
    plan = first()

    (taking,) = [planned.step for planned in plan.steps if isinstance(planned.step, CreateSnapshotSet)]
    assert taking.volumes == 2
    assert not ends_with_image(plan)
    assert any("scrubbed here" in note for note in plan.notes)


def test_it_ends_with_the_root_uploaded_read_back_and_registered() -> None:
    cleaned = Cleaned("/cache/clean", 8, SnapshotId("snap-1"))
    volumes = {ROOT: SnapshotId("snap-1"), DATA: SnapshotId("snap-2")}

    plan = last_plan(spec_of(WEB), WISH, cleaned, volumes)

    upload, verify = plan.step("root").step, plan.step("verify").step
    assert isinstance(upload, UploadSnapshot)
    assert (upload.path, upload.size_gib, upload.parent) == ("/cache/clean", 8, "snap-1")
    assert isinstance(verify, VerifySnapshot)
    assert verify.how == "full"
    request = registered(plan).request
    assert [(each.device, each.snapshot, each.size_gib) for each in request.mappings] == [
        ("/dev/xvda", Ref("root", "snapshot_id"), 8),
        ("/dev/sdf", "snap-2", 20),
    ]
    assert (request.architecture, request.ena, request.root_device) == ("x86_64", True, "/dev/xvda")
    assert [planned.needs for planned in plan.steps] == [(), ("root",), ("verify",)]
    assert ends_with_image(plan)


def test_a_deleted_set_never_takes_a_persons_image_with_it() -> None:
    # An image with the tag ec2kit:of counts as made for one launch, and goes with its set.
    assert OF not in registered(first(wish=replace(WISH, unscrubbed=True))).request.tags


def test_without_data_volumes_only_the_root_is_registered() -> None:
    request = registered(first(wish=Wish("golden", root_only=True, unscrubbed=True))).request

    assert [each.device for each in request.mappings] == ["/dev/xvda"]


def test_unscrubbed_it_is_registered_from_the_set_and_labelled() -> None:
    plan = first(wish=replace(WISH, unscrubbed=True))

    request = registered(plan).request
    key = f"{WEB.instance.id}/set"
    snapshots: list[object] = [each.snapshot for each in request.mappings]
    assert snapshots == [
        Ref(key, f"by_volume.{ROOT}"),
        Ref(key, f"by_volume.{DATA}"),
    ]
    assert UNSCRUBBED in request.tags
    assert plan.step("image").needs == (key,)
    assert any("host keys" in note for note in plan.notes)


@pytest.mark.parametrize("root_only,without", [(False, ()), (True, ("/dev/sdf",))])
def test_a_billing_code_is_kept_by_create_image(root_only: bool, without: tuple[str, ...]) -> None:
    billed = replace(WEB, image=image(1, usage_operation="RunInstances:0010"))

    plan = first(billed, Wish("golden", root_only))

    (planned,) = plan.steps
    assert isinstance(planned.step, CreateImage)
    assert planned.step.without == without
    assert not planned.step.reboot
    assert planned.step.tags[UNSCRUBBED] == "billing code"
    assert ends_with_image(plan)


def test_a_name_that_is_taken_and_a_machine_that_is_gone_are_refused() -> None:
    assert first(holder=image(9)).refused[0].rule == "name"
    assert first(machine(state=State.TERMINATED)).refused


@pytest.mark.parametrize(
    "device,name", [("/dev/xvda", "xvda"), ("/dev/sda1", "sda"), ("/dev/sda", "sda"), ("", "sda")]
)
def test_what_the_machine_calls_its_root(device: str, name: str) -> None:
    assert disk_name(device) == name


def test_the_script_is_our_cleaning_over_the_machines_root() -> None:
    script = change_script()

    assert script.startswith("set -- /sysroot\n")
    assert "/etc/ssh/ssh_host_*" in script.replace("'", "")


class OneBlock(Blocks):
    """A snapshot of 1 GiB with one block; counts how often it is read."""

    def __init__(self) -> None:
        object.__setattr__(self, "reads", [])

    def listed(self, snapshot: str) -> Listed:
        return Listed(1, {3: f"token-{snapshot}"})

    def get(self, snapshot: str, index: int, token: str) -> bytes:
        vars(self)["reads"].append((snapshot, index, token))
        return b"x" * BLOCK_BYTES


def reads(blocks: OneBlock) -> int:
    return len(vars(blocks)["reads"])


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    found = Workbench(tmp_path / "created" / "words")
    found.begin(SnapshotId("snap-1"))
    return found


def test_the_disk_is_read_scrubbed_and_kept_until_it_is_cleared(bench: Workbench) -> None:
    blocks, done = OneBlock(), list[str]()
    reading = Reading(blocks, SnapshotId("snap-1"), 1, Crew(1))

    def scrub(disk: Path, name: str) -> None:
        assert disk.stat().st_size == 1 << 30
        done.append(name)

    told = list[str]()
    path = scrubbed(bench, reading, Scrubbing(scrub, "xvda", told.append))
    assert told == [
        "reading snap-1, 1 GiB, to this machine",
        "scrubbing xvda here, in a small machine of its own",
    ]
    told.clear()
    again = scrubbed(bench, reading, Scrubbing(scrub, "xvda", told.append))
    assert told == ["it was read and scrubbed before; going on with that"]

    assert (path, again, done, reads(blocks)) == (bench.clean, bench.clean, ["xvda"], 1)
    assert bench.begun() == "snap-1"
    bench.clear()
    assert bench.begun() is None
    assert not bench.directory.exists()


def test_a_disk_that_was_being_scrubbed_is_read_anew(bench: Workbench) -> None:
    blocks = OneBlock()
    reading = Reading(blocks, SnapshotId("snap-1"), 1, Crew(1))

    def half(disk: Path, _name: str) -> None:
        disk.write_bytes(b"half")
        raise Ec2kitError("the appliance died")

    with pytest.raises(Ec2kitError, match="died"):
        scrubbed(bench, reading, Scrubbing(half, "xvda", print))
    path = scrubbed(bench, reading, Scrubbing(lambda disk, name: None, "xvda", print))

    assert reads(blocks) == 2
    assert path.stat().st_size == 1 << 30


def test_another_beginning_leaves_nothing_of_the_last(bench: Workbench) -> None:
    bench.raw.write_bytes(b"old")

    bench.begin(SnapshotId("snap-2"))

    assert bench.begun() == "snap-2"
    assert not bench.raw.exists()


def test_two_do_not_work_on_one_bench(bench: Workbench) -> None:
    with bench.held(), pytest.raises(Busy), bench.held():
        pass
