"""The `meta-data` tree: what each path says, and how a directory is listed.

Names and meanings are those of the EC2 user guide's "Instance metadata categories".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TypeAlias

from ec2kit.metadata.values import (
    InstanceProfile,
    Interface,
    MachineMetadata,
    PublicKey,
    RoleCredentials,
)

Tree: TypeAlias = "dict[str, str | Tree]"
"""A directory: names to values or to further directories."""

VERSIONS = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-09-24",
    "2024-04-11",
    "latest",
)
"""The versions that the service lists at `/`. Sorted as text, they are sorted by time."""

INTRODUCED = {
    "network": "2011-01-01",
    "iam": "2012-01-12",
    "services": "2014-02-25",
    "events": "2018-08-17",
    "tags": "2021-03-23",
}
"""The first version in which a category appears; what is not named is older than all of them."""


def metadata_tree(machine: MachineMetadata, version: str) -> Tree:
    """Given a machine and one of VERSIONS, return its `meta-data` directory."""
    primary = machine.interfaces[0]
    tree: Tree = {
        "ami-id": machine.image_id,
        "ami-launch-index": str(machine.launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": _block_devices(machine),
        "events": {"maintenance": {"history": "[]", "scheduled": "[]"}},
        "hibernation": {"configured": "false"},
        "hostname": primary.private_dns,
        "instance-action": "none",
        "instance-id": machine.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": machine.instance_type,
        "local-hostname": primary.private_dns,
        "local-ipv4": machine.private_ip,
        "mac": primary.mac,
        "metrics": {"vhostmd": '<?xml version="1.0" encoding="UTF-8"?>'},
        "network": {
            "interfaces": {"macs": {item.mac: _interface(machine, item) for item in machine.interfaces}}
        },
        "placement": {
            "availability-zone": machine.placement.zone,
            "availability-zone-id": machine.placement.zone_id,
            "region": machine.placement.region,
        },
        "profile": "default-hvm",
        "reservation-id": machine.reservation_id,
        "security-groups": "\n".join(primary.group_names),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        "system": "nitro",
    }
    if primary.associations:
        tree["public-ipv4"] = primary.associations[0][0]
        tree["public-hostname"] = primary.public_dns or ""
    if machine.key is not None:
        tree["public-keys"] = _public_keys(machine.key)
    if machine.profile is not None:
        tree["iam"] = _profile(machine.profile, machine.pending_time)
    if machine.options.tags_enabled:
        tree["tags"] = {"instance": dict(machine.tags)}
    return {name: tree[name] for name in sorted(tree) if INTRODUCED.get(name, "") <= version}


def list_directory(directory: Tree) -> str:
    """Given a directory, return its names, one a line; those of directories end in a slash."""
    return "\n".join(name + "/" if isinstance(value, dict) else name for name, value in directory.items())


def list_public_keys(directory: Tree, key: PublicKey) -> str:
    """Given the `public-keys` directory, return its own odd listing, `0=name` (it has always been so)."""
    return "\n".join(f"{number}={key.name}" for number in directory)


def find(tree: Tree, parts: list[str]) -> str | Tree | None:
    """Given the parts of a path, return the value or directory there, or None."""
    node: str | Tree = tree
    for part in parts:
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def _block_devices(machine: MachineMetadata) -> Tree:
    devices: Tree = {"ami": machine.disks.root}
    devices.update({f"ebs{number}": name for number, name in enumerate(machine.disks.data, start=1)})
    devices["root"] = machine.disks.root
    return devices


def _public_keys(key: PublicKey) -> Tree:
    return {"0": {"openssh-key": key.openssh}}


def _interface(machine: MachineMetadata, interface: Interface) -> Tree:
    tree: Tree = {
        "device-number": str(interface.device_number),
        "interface-id": interface.interface_id,
        "local-hostname": interface.private_dns,
        "local-ipv4s": "\n".join(interface.private_ips),
        "mac": interface.mac,
        "owner-id": machine.account,
        "security-group-ids": "\n".join(interface.group_ids),
        "security-groups": "\n".join(interface.group_names),
        "subnet-id": interface.subnet_id,
        "subnet-ipv4-cidr-block": interface.subnet_cidr,
        "vpc-id": interface.vpc_id,
        "vpc-ipv4-cidr-block": interface.vpc_cidr,
        "vpc-ipv4-cidr-blocks": interface.vpc_cidr,
    }
    if interface.associations:
        tree["ipv4-associations"] = dict(interface.associations)
        tree["public-hostname"] = interface.public_dns or ""
        tree["public-ipv4s"] = "\n".join(public for public, _ in interface.associations)
    return {name: tree[name] for name in sorted(tree)}


def _profile(profile: InstanceProfile, updated: datetime) -> Tree:
    info = {
        "Code": "Success",
        "LastUpdated": _stamp(updated),
        "InstanceProfileArn": profile.arn,
        "InstanceProfileId": profile.profile_id,
    }
    tree: Tree = {"info": json.dumps(info, indent=2)}
    if profile.credentials is not None:
        keys = profile.credentials
        tree["security-credentials"] = {keys.role: _credentials(keys, updated)}
    return tree


def _credentials(keys: RoleCredentials, updated: datetime) -> str:
    fields = {
        "Code": "Success",
        "LastUpdated": _stamp(updated),
        "Type": "AWS-HMAC",
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "Token": keys.token,
        "Expiration": _stamp(keys.expires),
    }
    return json.dumps(fields, indent=2)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
