"""From the description of a machine back to the machine, as it was when it was described. Pure.

With it a restored machine can be compared with its source when the source is gone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ec2kit.inventory.description import DiskSpec, Spec
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Volume
from ec2kit.model.ids import (
    AllocationId,
    GroupId,
    ImageId,
    InstanceId,
    InstanceType,
    SubnetId,
    VolumeId,
    Zone,
)
from ec2kit.model.instances import Address, Disk, Instance, InstanceAttributes, MetadataOptions, State


def machine_from(spec: Spec, data: Mapping[str, Any], taken: datetime) -> Machine:
    """Given a spec, the data of its launch template version and when both were written, return the machine.

    What no description holds (its state, its interfaces) is as in an instance that has ended.
    """
    return Machine(
        _instance(spec, data, taken),
        _attributes(data),
        tuple(_volume(spec, disk) for disk in spec.disks),
        _addresses(spec),
    )


def _instance(spec: Spec, data: Mapping[str, Any], taken: datetime) -> Instance:
    placement = data.get("Placement", {})
    return Instance(
        id=InstanceId(spec.instance),
        state=State.TERMINATED,
        type=InstanceType(data.get("InstanceType", "")),
        image=ImageId(spec.image),
        zone=Zone(spec.zone),
        launched=taken,
        tags=spec.tags,
        private_ip=spec.private_ip,
        public_ip=spec.address,
        subnet=SubnetId(spec.subnet),
        key=data.get("KeyName", ""),
        groups=tuple(GroupId(group) for group in data.get("SecurityGroupIds", ())),
        instance_profile=data.get("IamInstanceProfile", {}).get("Arn", ""),
        architecture=spec.architecture,
        root_device=spec.root_device,
        disks=tuple(
            Disk(disk.device, VolumeId(disk.volume), disk.delete_on_termination) for disk in spec.disks
        ),
        monitoring=data.get("Monitoring", {}).get("Enabled", False),
        ebs_optimized=data.get("EbsOptimized", False),
        source_dest_check=spec.source_dest_check,
        tenancy=placement.get("Tenancy", "default"),
        placement_group=placement.get("GroupName", ""),
        metadata=_metadata(data.get("MetadataOptions", {})),
        boot_mode=spec.boot_mode,
        ena=spec.ena,
        sriov=spec.sriov,
        tpm=spec.tpm,
        virtualization=spec.virtualization,
    )


def _metadata(options: Mapping[str, Any]) -> MetadataOptions:
    return MetadataOptions(
        http_tokens=options.get("HttpTokens", "optional"),
        http_endpoint=options.get("HttpEndpoint", "enabled"),
        hop_limit=int(options.get("HttpPutResponseHopLimit", 1)),
        instance_tags=options.get("InstanceMetadataTags", "disabled"),
    )


def _attributes(data: Mapping[str, Any]) -> InstanceAttributes:
    encoded = data.get("UserData", "")
    return InstanceAttributes(
        user_data=base64.b64decode(encoded).decode(errors="surrogateescape"),
        disable_api_termination=data.get("DisableApiTermination", False),
        disable_api_stop=data.get("DisableApiStop", False),
        shutdown_behavior=data.get("InstanceInitiatedShutdownBehavior", "stop"),
        credits=data.get("CreditSpecification", {}).get("CpuCredits", ""),
    )


def _volume(spec: Spec, disk: DiskSpec) -> Volume:
    return Volume(
        id=VolumeId(disk.volume),
        state="in-use",
        size_gib=disk.size_gib,
        zone=Zone(spec.zone),
        type=disk.type,
        iops=disk.iops,
        throughput=disk.throughput,
        encrypted=disk.encrypted,
        kms_key=disk.kms_key,
        instance=InstanceId(spec.instance),
        device=disk.device,
        attachment="attached",
        delete_on_termination=disk.delete_on_termination,
        tags=disk.tags,
    )


def _addresses(spec: Spec) -> tuple[Address, ...]:
    if not spec.address:
        return ()
    return (Address(AllocationId(spec.allocation), spec.address, instance=InstanceId(spec.instance)),)
