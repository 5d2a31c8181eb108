"""The description of a machine, as AWS keeps it for us: a launch template version, and numbered tags.

The template holds what a launch can be told (it shows in the console, and a person can launch from it without
ec2kit). What a template has no place for goes as compressed JSON into the `ec2kit:spec.N` tags of the snapshots.
Pure: values in, values out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping as TypingMapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ec2kit.errors import Ec2kitError
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Volume
from ec2kit.model.tags import CHECK, HOSTNAME, KEEP, MAX_VALUE, POLICY, PREFIX, PROTECT, SPEC, Tags

KEPT_TAGS = frozenset({HOSTNAME, PROTECT, POLICY, CHECK, KEEP})
"""Of our own tags, those that belong to the machine's role and so to its replacement; the others tell of one
instance's life (its run, its failures, its holds)."""


@dataclass(frozen=True)
class DiskSpec:
    """One volume as the machine had it."""

    device: str
    volume: str
    size_gib: int
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    encrypted: bool = False
    kms_key: str = ""
    delete_on_termination: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """What a launch template cannot hold."""

    instance: str
    name: str
    root_device: str
    architecture: str
    disks: tuple[DiskSpec, ...]
    subnet: str = ""
    zone: str = ""
    private_ip: str = ""
    secondary_ips: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    extra_interfaces: tuple[str, ...] = ()
    source_dest_check: bool = True
    address: str = ""
    allocation: str = ""
    image: str = ""
    boot_mode: str = ""
    ena: bool = True
    sriov: str = ""
    imds: str = ""
    tpm: str = ""
    virtualization: str = "hvm"
    billing_code: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    """The instance's, those of ec2kit that belong to its role included: a copy must be launched without them."""


def role_tags(tags: Tags) -> dict[str, str]:
    """Given an instance's tags, return those that its replacement should carry too."""
    return {
        key: value
        for key, value in sorted(tags.items())
        if not key.startswith("aws:") and (not key.startswith(PREFIX) or key in KEPT_TAGS)
    }


def plain_tags(tags: Tags) -> dict[str, str]:
    """Given a resource's tags, return those that are neither AWS's nor ours."""
    return {key: value for key, value in sorted(tags.items()) if not key.startswith(("aws:", PREFIX))}


def spec_of(machine: Machine) -> Spec:
    """Given a machine, return what its template cannot hold."""
    instance = machine.instance
    primary = instance.interfaces[0] if instance.interfaces else None
    image = machine.image
    return Spec(
        instance=instance.id,
        name=instance.name,
        root_device=instance.root_device,
        architecture=instance.architecture,
        disks=tuple(
            _disk(disk.device, volume, disk.delete_on_termination)
            for disk in instance.disks
            if (volume := machine.volume_at(disk.device))
        ),
        subnet=instance.subnet,
        zone=instance.zone,
        private_ip=instance.private_ip,
        secondary_ips=primary.private_ips[1:] if primary else (),
        ipv6=primary.ipv6 if primary else (),
        extra_interfaces=tuple(interface.id for interface in instance.interfaces[1:]),
        source_dest_check=instance.source_dest_check,
        address=machine.address.public_ip if machine.address else "",
        allocation=machine.address.allocation if machine.address else "",
        image=instance.image,
        boot_mode=instance.boot_mode or (image.boot_mode if image else ""),
        ena=instance.ena or (image.ena if image else False),
        sriov=instance.sriov or (image.sriov if image else ""),
        imds=image.imds if image else "",
        tpm=instance.tpm or (image.tpm if image else ""),
        virtualization=instance.virtualization,
        billing_code=image.has_billing_code if image else instance.usage_operation != "RunInstances",
        tags=role_tags(instance.tags),
    )


def _disk(device: str, volume: Volume, delete_on_termination: bool) -> DiskSpec:
    return DiskSpec(
        device=device,
        volume=volume.id,
        size_gib=volume.size_gib,
        type=volume.type,
        iops=volume.iops,
        throughput=volume.throughput,
        encrypted=volume.encrypted,
        kms_key=volume.kms_key,
        delete_on_termination=delete_on_termination,
        tags=plain_tags(volume.tags),
    )


def template_name(machine_name: str) -> str:
    """Given a machine's name, return its template's: `ec2kit-web-1` (3 to 128 of AWS's allowed characters)."""
    return "ec2kit-" + (re.sub(r"[^A-Za-z0-9().\-/_]", "-", machine_name)[:121] or "unnamed")


def template_data(machine: Machine) -> dict[str, Any]:
    """Given a machine, return RequestLaunchTemplateData that launches one like it (without its disks' content).

    None of ec2kit's own tags is in it: what a person launches from the console is not enrolled, and a launch can
    add to the tags of a template but not take away.
    """
    instance, attributes = machine.instance, machine.attributes
    options = instance.metadata
    tags = [{"Key": key, "Value": value} for key, value in plain_tags(instance.tags).items()]
    data: dict[str, Any] = {
        "ImageId": instance.image,
        "InstanceType": instance.type,
        "KeyName": instance.key,
        "SecurityGroupIds": list(instance.groups),
        "IamInstanceProfile": {"Arn": instance.instance_profile} if instance.instance_profile else {},
        "UserData": base64.b64encode(attributes.user_data.encode(errors="surrogateescape")).decode(),
        "EbsOptimized": instance.ebs_optimized,
        "Monitoring": {"Enabled": instance.monitoring},
        "MetadataOptions": {
            "HttpTokens": options.http_tokens,
            "HttpEndpoint": options.http_endpoint,
            "HttpPutResponseHopLimit": options.hop_limit,
            "InstanceMetadataTags": options.instance_tags,
        },
        "Placement": _placement(machine),
        "InstanceInitiatedShutdownBehavior": attributes.shutdown_behavior,
        "DisableApiTermination": attributes.disable_api_termination,
        "DisableApiStop": attributes.disable_api_stop,
        "CreditSpecification": {"CpuCredits": attributes.credits} if attributes.credits else {},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}] if tags else [],
    }
    return {key: value for key, value in data.items() if value or isinstance(value, bool)}


def _placement(machine: Machine) -> dict[str, str]:
    placement = {"GroupName": machine.instance.placement_group}
    if machine.instance.tenancy != "default":
        placement["Tenancy"] = machine.instance.tenancy
    return {key: value for key, value in placement.items() if value}


def fingerprint(data: TypingMapping[str, Any]) -> str:
    """Given template data, return `ec2kit sha256:…` as the version's description: equal data, equal version."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return f"ec2kit sha256:{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def spec_tags(spec: Spec) -> dict[str, str]:
    """Given a spec, return it as numbered tags whose values fit AWS's 256 characters."""
    packed = zlib.compress(json.dumps(asdict(spec), separators=(",", ":")).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode()
    return {
        f"{SPEC}{number}": text[at : at + MAX_VALUE]
        for number, at in enumerate(range(0, len(text), MAX_VALUE))
    }


def spec_from_tags(tags: Tags) -> Spec | None:
    """Given a snapshot's tags, return the spec they hold, or None when they hold none.

    Raises `Ec2kitError` when a chunk is missing or was changed.
    """
    chunks = {key.removeprefix(SPEC): value for key, value in tags.items() if key.startswith(SPEC)}
    if not chunks:
        return None
    try:
        text = "".join(chunks[str(number)] for number in range(len(chunks)))
        found = json.loads(zlib.decompress(base64.urlsafe_b64decode(text)))
        return Spec(
            **{**found, **_tuples(found), "disks": tuple(DiskSpec(**disk) for disk in found["disks"])}
        )
    except (KeyError, ValueError, TypeError, zlib.error) as error:
        raise Ec2kitError(
            f"the description in the tags '{SPEC}…' cannot be read: {error}",
            hint="a chunk is missing or was edited: choose another set with `ec2kit snapshot ls`",
        ) from error


def _tuples(found: TypingMapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(found.get(key, ())) for key in ("secondary_ips", "ipv6", "extra_interfaces")}
