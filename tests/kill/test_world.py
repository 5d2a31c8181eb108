"""The normaliser: what is the same although ids and times differ, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ec2kit.sandbox import store
from ec2kit.sandbox.delays import Delays
from tests.kill.explained import unexplained
from tests.kill.moments import WORLD, Copied
from tests.kill.naming import Names
from tests.kill.world import Account, World, read_world
from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess
from tests.support.journals import MemoryJournal

Change = Callable[[Seeded], object]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small account, with a set of web-1."""
    return made(tmp_path_factory.mktemp("world"), 0)


def made(directory: Path, seed: int) -> Path:
    """A world of other ids and times for each seed."""
    store.save(InProcess(seed=seed, delays=Delays.none(), empty=False).app, directory / WORLD)
    sandbox = Copied(directory)
    sandbox.tick(seed * 100)
    snapshot(sandbox, f"web-1@202601{10 + seed}T030405Z")
    store.save(sandbox.app, directory / WORLD)
    return directory


def snapshot(sandbox: Seeded, taken: str, name: str = "web-1") -> list[str]:
    tags = [{"Key": "ec2kit:set", "Value": taken}, {"Key": "ec2kit:of", "Value": sandbox.id(name)}]
    made = sandbox.ec2.create_snapshots(
        InstanceSpecification={"InstanceId": sandbox.id(name)},
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )
    return [each["SnapshotId"] for each in made["Snapshots"]]


def allocate(sandbox: Seeded, *tags: tuple[str, str]) -> str:
    labels = [{"Key": key, "Value": value} for key, value in tags]
    specification = [{"ResourceType": "elastic-ip", "Tags": labels}] if labels else []
    return str(sandbox.ec2.allocate_address(Domain="vpc", TagSpecifications=specification)["AllocationId"])


def hold(sandbox: Seeded, name: str) -> None:
    (address,) = sandbox.ec2.describe_addresses(PublicIps=["203.0.113.9"])["Addresses"]
    sandbox.ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=sandbox.id(name))


def snapshots_of_a_set(sandbox: Seeded) -> list[str]:
    wanted = [{"Name": "tag-key", "Values": ["ec2kit:set"]}]
    return [each["SnapshotId"] for each in sandbox.ec2.describe_snapshots(Filters=wanted)["Snapshots"]]


def tag(sandbox: Seeded, key: str, value: str) -> None:
    sandbox.ec2.create_tags(Resources=[sandbox.id("web-1")], Tags=[{"Key": key, "Value": value}])


def detach(sandbox: Seeded) -> None:
    (data,) = [
        each["Ebs"]["VolumeId"]
        for each in sandbox.instance("web-1")["BlockDeviceMappings"]
        if each["DeviceName"] == "/dev/sdf"
    ]
    sandbox.ec2.detach_volume(VolumeId=data)


def keep(sandbox: Seeded) -> None:
    mapping = [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}]
    sandbox.ec2.modify_instance_attribute(InstanceId=sandbox.id("web-1"), BlockDeviceMappings=mapping)


def template(sandbox: Seeded, versions: int = 1) -> None:
    ec2 = sandbox.ec2
    ec2.create_launch_template(LaunchTemplateName="ec2kit-x", LaunchTemplateData={"InstanceType": "t3.micro"})
    for _ in range(versions - 1):
        data = {"InstanceType": "t3.micro"}
        ec2.create_launch_template_version(LaunchTemplateName="ec2kit-x", LaunchTemplateData=data)


def image(sandbox: Seeded) -> None:
    (disk, *_) = snapshot(sandbox, "web-1@20260109T000000Z")
    sandbox.ec2.register_image(
        Name="copy",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": disk}}],
    )


CHANGES: dict[str, Change] = {
    "an address more": allocate,
    "an address more, named": lambda sandbox: allocate(sandbox, ("Name", "web-9")),
    "the address at web-1": lambda sandbox: hold(sandbox, "web-1"),
    "the address at web-2": lambda sandbox: hold(sandbox, "web-2"),
    "an instance more": lambda sandbox: sandbox.launch("web-9"),
    "a second web-1": lambda sandbox: sandbox.launch("web-1", role="web"),
    "an instance in another group": lambda sandbox: sandbox.launch("web-9", group="default"),
    "an instance with a mark": lambda sandbox: sandbox.launch("web-9", **{"ec2kit:run": "R/launch/web-9"}),
    "an instance stopped": lambda sandbox: sandbox.ec2.stop_instances(InstanceIds=[sandbox.id("web-1")]),
    "an instance ended": lambda sandbox: sandbox.ec2.terminate_instances(InstanceIds=[sandbox.id("web-1")]),
    "a tag": lambda sandbox: tag(sandbox, "ec2kit:protect", "replace"),
    "another value": lambda sandbox: tag(sandbox, "ec2kit:protect", "root"),
    "a volume loose": detach,
    "a volume that is kept": keep,
    "a set more": lambda sandbox: snapshot(sandbox, "web-1@20260130T000000Z"),
    "a set of web-2": lambda sandbox: snapshot(sandbox, "web-2@20260130T000000Z", "web-2"),
    "a set that is twice as large": lambda sandbox: snapshot(sandbox, "web-1@20260110T030405Z"),
    "a snapshot less": lambda sandbox: sandbox.ec2.delete_snapshot(
        SnapshotId=snapshots_of_a_set(sandbox)[-1]
    ),
    "a template": template,
    "a template of two versions": lambda sandbox: template(sandbox, 2),
    "an image": image,
    "a pause": lambda sandbox: sandbox.client("ssm").put_parameter(
        Name="/ec2kit/pause", Value="by me", Type="String"
    ),
}


def test_the_same_things_at_other_times_with_other_ids_are_the_same_world(
    saved: Path, tmp_path: Path
) -> None:
    other = Copied(made(tmp_path, 3))
    ids, world = set(Account.read(other.client).resources()), read_world(other.client)
    one = Copied(saved)
    assert not ids & set(Account.read(one.client).resources())
    assert read_world(one.client) == world


def test_no_id_and_no_time_is_left_in_it(saved: Path) -> None:
    text = repr(read_world(Copied(saved).client))
    for id in ("i-", "vol-", "snap-", "ami-", "eipalloc-", "eni-"):
        assert f"'{id}" not in text
    assert "2026" not in text
    assert "-?" not in text


@pytest.mark.slow
def test_worlds_in_which_anything_is_different_differ(saved: Path) -> None:
    worlds: dict[str, World] = {"nothing": read_world(Copied(saved).client)}
    for name, change in CHANGES.items():
        sandbox = Copied(saved)
        change(sandbox)
        sandbox.tick(60)
        worlds[name] = read_world(sandbox.client)
    for one, world in worlds.items():
        assert [other for other in worlds if worlds[other] == world] == [one]


def test_the_parts_of_a_mark_that_are_no_chance_stay() -> None:
    names = Names({"i-0123456789abcdef0": "instance web-1"})
    mark = "01M81TN5K8BDV72HFTSXGGMZ6D/i-0123456789abcdef0/set@1"
    assert names.text(mark) == "RUN/instance web-1/set@1"
    assert names.text("i-0fffffffffffffff0 since 2026-01-02T03:04:05Z") == "i-? since TIME"


@pytest.mark.parametrize(
    "tags, strange",
    [
        ({}, "bears no mark"),
        ({"ec2kit:run": "01M81TN5K8BDV72HFTSXGGMZ6D/launch/web-9"}, "not in the history"),
    ],
)
def test_what_no_history_explains_is_named(saved: Path, tags: dict[str, Any], strange: str) -> None:
    sandbox = Copied(saved)
    there = Account.read(sandbox.client).resources()
    assert unexplained(Account.read(sandbox.client), there, []) == []
    made = sandbox.launch("web-9", **tags)
    found = unexplained(Account.read(sandbox.client), there, [MemoryJournal()])
    assert any(line.startswith(made) and strange in line for line in found)
