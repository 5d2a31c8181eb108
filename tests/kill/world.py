"""What a world is, so that two of them can be compared: the written normaliser of the kill tests.

Read with boto3 itself, not with ec2kit, from an account of the sandbox. Kept: what exists, how many of it, its
state, its tags, what is attached to what, who holds which address, which snapshots make a set and of which volumes
they are, what launch templates say. Left out or renamed, because two ways to one end may differ in it: ids, times,
private and new public addresses, the ids of runs (the step in a run's mark stays: `ec2kit:run` of `RUN/web-1/set`),
request ids and client tokens.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.kill.asking import attributes_of, blocks_of, is_direct, objects_of, versions_of
from tests.kill.naming import Names, Thing, tags_of

Client = Callable[[str], Any]
"""Gives a boto3 client of a service."""
World = dict[str, list[Any]]
"""By kind (`instances`, `volumes`, …) everything that is there, as JSON values in one order."""

KNOWN_ADDRESS = "203.0.113.9"
"""The seeded address, which everybody calls by its number."""
SET, MARK = "ec2kit:set", "ec2kit:run"


@dataclass(frozen=True)
class Account:
    """Everything of an account that a command here may touch, as boto3 shows it."""

    instances: list[Thing]
    volumes: list[Thing]
    snapshots: list[Thing]
    images: list[Thing]
    addresses: list[Thing]
    templates: list[Thing]
    versions: dict[str, list[Thing]]
    interfaces: list[Thing]
    parameters: list[Thing]
    attributes: dict[str, dict[str, Any]]
    """What only DescribeInstanceAttribute says, of the instances that ec2kit made."""
    blocks: dict[str, str]
    """A digest of the blocks of each snapshot that was written block by block."""
    objects: list[Thing]
    """Everything in S3, and the uploads to it that nobody finished."""

    @classmethod
    def read(cls, client: Client) -> Account:
        """Ask AWS for all of it."""
        ec2 = client("ec2")
        reservations = ec2.describe_instances()["Reservations"]
        instances = [each for reservation in reservations for each in reservation["Instances"]]
        templates = ec2.describe_launch_templates()["LaunchTemplates"]
        snapshots = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return cls(
            instances,
            ec2.describe_volumes()["Volumes"],
            snapshots,
            ec2.describe_images(Owners=["self"])["Images"],
            ec2.describe_addresses()["Addresses"],
            templates,
            {each["LaunchTemplateId"]: versions_of(ec2, each["LaunchTemplateId"]) for each in templates},
            ec2.describe_network_interfaces()["NetworkInterfaces"],
            client("ssm").get_parameters_by_path(Path="/ec2kit")["Parameters"],
            {each["InstanceId"]: attributes_of(ec2, each) for each in instances if MARK in tags_of(each)},
            {each["SnapshotId"]: blocks_of(client("ebs"), each) for each in snapshots if is_direct(each)},
            objects_of(client("s3")),
        )

    def resources(self) -> dict[str, Thing]:
        """Everything that bears tags, by id."""
        members = {
            "InstanceId": self.instances,
            "VolumeId": self.volumes,
            "SnapshotId": self.snapshots,
            "ImageId": self.images,
            "AllocationId": self.addresses,
            "LaunchTemplateId": self.templates,
        }
        return {thing[id]: thing for id, things in members.items() for thing in things}


def read_world(client: Client) -> World:
    """Ask AWS for everything and return it as a value that equals that of any world with the same things in it."""
    return world_of(Account.read(client))


def world_of(account: Account) -> World:
    """Given what an account shows, return it without chance and time."""
    names = names_in(account)
    kinds: dict[str, list[Any]] = {
        "instances": [
            _instance(each, names, account.attributes.get(each["InstanceId"], {}))
            for each in account.instances
        ],
        "volumes": [_volume(each, names) for each in account.volumes],
        "sets": _sets(account.snapshots, names),
        "snapshots": [
            {**_snapshot(each, names), "blocks": account.blocks.get(each["SnapshotId"], "")}
            for each in account.snapshots
            if SET not in tags_of(each)
        ],
        "images": [_image(each, names) for each in account.images],
        "addresses": [_address(each, names) for each in account.addresses],
        "templates": [
            _template(each, account.versions[each["LaunchTemplateId"]], names) for each in account.templates
        ],
        "loose interfaces": [each["Status"] for each in account.interfaces if each["Status"] != "in-use"],
        "objects": [names.value(each) for each in account.objects],
        "parameters": [
            {"name": each["Name"], "value": names.text(each["Value"])} for each in account.parameters
        ],
    }
    return {kind: sorted(things, key=_as_text) for kind, things in kinds.items()}


def difference(found: World, expected: World) -> list[str]:
    """Given two worlds, return what is in only one of them, a line for each thing, and nothing when they are equal."""
    lines = []
    for kind in sorted({*found, *expected}):
        have, want = ([_as_text(thing) for thing in world.get(kind, [])] for world in (found, expected))
        lines += [f"{kind}, too much: {line}" for line in (Counter(have) - Counter(want)).elements()]
        lines += [f"{kind}, missing: {line}" for line in (Counter(want) - Counter(have)).elements()]
    return lines


def names_in(account: Account) -> Names:
    """Given what an account shows, return what each id in it is called."""
    names = Names()
    names.give_all(account.instances, "InstanceId", lambda each: f"instance {_name(each)}", "LaunchTime")
    names.give_all(account.volumes, "VolumeId", lambda each: _volume_name(each, names), "CreateTime")
    names.give_all(
        account.snapshots, "SnapshotId", lambda each: f"snapshot of {_snapshot_of(each, names)}", "StartTime"
    )
    names.give_all(
        account.images, "ImageId", lambda each: f"image {names.text(each['Name'])}", "CreationDate"
    )
    names.give_all(
        account.templates,
        "LaunchTemplateId",
        lambda each: f"template {each['LaunchTemplateName']}",
        "CreateTime",
    )
    names.give_all(account.addresses, "AllocationId", _address_name, "AllocationId")
    for each in account.addresses:
        if each["PublicIp"] != KNOWN_ADDRESS:
            names.give(each["PublicIp"], f"ip of {names.of(each['AllocationId'])}")
    return names


def _name(thing: Thing) -> str:
    return tags_of(thing).get("Name", "without a name")


def _address_name(address: Thing) -> str:
    return f"address {KNOWN_ADDRESS if address['PublicIp'] == KNOWN_ADDRESS else _name(address)}"


def _volume_name(volume: Thing, names: Names) -> str:
    for attachment in volume["Attachments"]:
        return f"volume {attachment['Device']} of {names.of(attachment['InstanceId'])}"
    return f"loose volume {names.text(_name(volume))}"


def _snapshot_of(snapshot: Thing, names: Names) -> str:
    """Its volume's name; of a volume that is gone, the snapshot's own."""
    volume = snapshot.get("VolumeId", "")
    return names.of(volume) if volume in names.known else names.text(f"a lost volume, {_name(snapshot)}")


def _instance(instance: Thing, names: Names, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": names.of(instance["InstanceId"]),
        "state": instance["State"]["Name"],
        "why": instance.get("StateReason", {}).get("Code", ""),
        "type": instance["InstanceType"],
        "zone": instance["Placement"]["AvailabilityZone"],
        "image": names.of(instance["ImageId"]),
        "key": instance.get("KeyName", ""),
        "groups": sorted(group["GroupName"] for group in instance.get("SecurityGroups", ())),
        "profile": instance.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
        "source_dest_check": instance.get("SourceDestCheck"),
        "metadata": {
            key: value for key, value in instance.get("MetadataOptions", {}).items() if key != "State"
        },
        "monitoring": instance["Monitoring"]["State"],
        "disks": sorted(_disk(each, names) for each in instance.get("BlockDeviceMappings", ())),
        "tags": names.tags(instance),
        **attributes,
    }


def _disk(mapping: Thing, names: Names) -> tuple[str, str, bool]:
    ebs = mapping["Ebs"]
    return mapping["DeviceName"], names.of(ebs["VolumeId"]), ebs["DeleteOnTermination"]


def _volume(volume: Thing, names: Names) -> dict[str, Any]:
    return {
        "name": names.of(volume["VolumeId"]),
        "state": volume["State"],
        "size_gib": volume["Size"],
        "type": volume["VolumeType"],
        "zone": volume["AvailabilityZone"],
        "iops": volume.get("Iops"),
        "encrypted": volume["Encrypted"],
        "from": names.of(volume["SnapshotId"]) if volume.get("SnapshotId") else "",
        "at": [
            (names.of(each["InstanceId"]), each["Device"], each["DeleteOnTermination"])
            for each in volume["Attachments"]
        ],
        "tags": names.tags(volume),
    }


def _sets(snapshots: list[Thing], names: Names) -> list[Any]:
    """Each set with its snapshots; two sets of one machine stay two, although their times are gone."""
    sets: dict[str, list[Any]] = {}
    for each in snapshots:
        if SET in tags_of(each):
            sets.setdefault(tags_of(each)[SET], []).append(_snapshot(each, names))
    return [{"set": names.text(name), "of": sorted(members, key=_as_text)} for name, members in sets.items()]


def _snapshot(snapshot: Thing, names: Names) -> dict[str, Any]:
    return {
        "name": names.of(snapshot["SnapshotId"]),
        "state": snapshot["State"],
        "size_gib": snapshot["VolumeSize"],
        "description": names.text(snapshot["Description"]),
        "tags": names.tags(snapshot),
    }


def _image(image: Thing, names: Names) -> dict[str, Any]:
    return {
        "name": names.of(image["ImageId"]),
        "state": image["State"],
        "description": names.text(image.get("Description") or ""),
        "architecture": image["Architecture"],
        "root": image["RootDeviceName"],
        "disks": names.value(image.get("BlockDeviceMappings", [])),
        "tags": names.tags(image),
    }


def _address(address: Thing, names: Names) -> dict[str, Any]:
    return {
        "name": names.of(address["AllocationId"]),
        "holder": names.of(address["InstanceId"]) if address.get("InstanceId") else "",
        "tags": names.tags(address),
    }


def _template(template: Thing, versions: list[Thing], names: Names) -> dict[str, Any]:
    """Its versions in order; what names one is a digest of its data, ids and all, so only the data counts."""
    by_number = sorted(versions, key=lambda each: int(each["VersionNumber"]))
    return {
        "name": names.of(template["LaunchTemplateId"]),
        "versions": [names.value(each["LaunchTemplateData"]) for each in by_number],
        "tags": names.tags(template),
    }


def _as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
