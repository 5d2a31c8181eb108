"""What differs between a machine and the one made after it: pure comparison, for the fidelity report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ec2kit.inventory.description import plain_tags, role_tags
from ec2kit.inventory.machine import Machine
from ec2kit.model.tags import Tags

NOT_RESTORED = (
    "load balancer and target group membership",
    "CloudWatch alarms",
    "extra network interfaces",
    "secondary private addresses",
    "IPv6 addresses",
    "DNS records",
)
"""What this version does not bring back; the report names those that apply when it can tell, all otherwise."""


@dataclass(frozen=True)
class Difference:
    """One attribute that is not as it was; `expected` says whether it could not have been otherwise."""

    what: str
    before: str
    after: str
    expected: bool = False


def differences(before: Machine, after: Machine) -> tuple[Difference, ...]:
    """Given a machine and its successor, return what differs, the unexpected first."""
    found = [
        Difference(what, _text(old), _text(new), expected)
        for what, read, expected in _ATTRIBUTES
        if (old := read(before)) != (new := read(after))
    ]
    found += _tag_differences(role_tags(before.instance.tags), role_tags(after.instance.tags))
    found += _disk_differences(before, after)
    return tuple(sorted(found, key=lambda difference: (difference.expected, difference.what)))


def _tag_differences(before: Tags, after: Tags) -> Iterable[Difference]:
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Difference(f"tag {key}", _text(before.get(key)), _text(after.get(key)))


def _disk_differences(before: Machine, after: Machine) -> Iterable[Difference]:
    devices = dict.fromkeys(
        [*(d.device for d in before.instance.disks), *(d.device for d in after.instance.disks)]
    )
    for device in devices:
        old, new = before.volume_at(device), after.volume_at(device)
        if old is None or new is None:
            yield Difference(f"disk {device}", "present" if old else "absent", "present" if new else "absent")
            continue
        for what, read in _DISK_ATTRIBUTES:
            if read(old) != read(new):
                yield Difference(f"disk {device} {what}", _text(read(old)), _text(read(new)))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items()) or "-"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "-"
    return str(value) if value not in ("", None) else "-"


Read = Callable[[Machine], Any]
_ATTRIBUTES: tuple[tuple[str, Read, bool], ...] = (
    ("type", lambda m: m.instance.type, False),
    ("zone", lambda m: m.instance.zone, False),
    ("subnet", lambda m: m.instance.subnet, False),
    ("security groups", lambda m: tuple(sorted(m.instance.groups)), False),
    ("key pair", lambda m: m.instance.key, False),
    ("instance profile", lambda m: m.instance.instance_profile, False),
    ("user data", lambda m: m.attributes.user_data, False),
    ("metadata options", lambda m: m.instance.metadata, False),
    ("monitoring", lambda m: m.instance.monitoring, False),
    ("EBS optimized", lambda m: m.instance.ebs_optimized, False),
    ("source/dest check", lambda m: m.instance.source_dest_check, False),
    ("tenancy", lambda m: m.instance.tenancy, False),
    ("placement group", lambda m: m.instance.placement_group, False),
    ("termination protection", lambda m: m.attributes.disable_api_termination, False),
    ("stop protection", lambda m: m.attributes.disable_api_stop, False),
    ("shutdown behaviour", lambda m: m.attributes.shutdown_behavior, False),
    ("credits", lambda m: m.attributes.credits, False),
    ("Elastic IP", lambda m: m.address.public_ip if m.address else "", False),
    (
        "second Elastic IPs",
        lambda m: tuple(each.public_ip for each in m.addresses if each != m.address),
        False,
    ),
    ("private address", lambda m: m.instance.private_ip, True),
    ("instance id", lambda m: m.instance.id, True),
    ("image", lambda m: m.instance.image, True),
)
"""What is compared: its name, how it is read, and whether a new instance cannot but differ in it."""

_DISK_ATTRIBUTES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("size", lambda volume: f"{volume.size_gib} GiB"),
    ("type", lambda volume: volume.type),
    ("iops", lambda volume: volume.iops),
    ("throughput", lambda volume: volume.throughput),
    ("encryption", lambda volume: volume.encrypted),
    ("goes with the instance", lambda volume: volume.delete_on_termination),
    ("tags", lambda volume: plain_tags(volume.tags)),
)
