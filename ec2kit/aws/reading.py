"""From DescribeInstances' dictionaries to our values: this is what runs five thousand times in `ls`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ec2kit.aws.wire import tags_in
from ec2kit.model.ids import GroupId, ImageId, InstanceId, InstanceType, InterfaceId, SubnetId, VolumeId, Zone
from ec2kit.model.instances import (
    CheckState,
    Disk,
    Instance,
    InstanceAttributes,
    InstanceStatus,
    Interface,
    MetadataOptions,
    ScheduledEvent,
    State,
)

Item = Mapping[str, Any]


def instance_in(item: Item) -> Instance:
    """One instance of DescribeInstances or RunInstances."""
    placement = item.get("Placement", {})
    reason = item.get("StateReason", {})
    return Instance(
        id=InstanceId(item["InstanceId"]),
        state=State(item["State"]["Name"]),
        type=InstanceType(item["InstanceType"]),
        image=ImageId(item.get("ImageId", "")),
        zone=Zone(placement.get("AvailabilityZone", "")),
        launched=item["LaunchTime"],
        tags=tags_in(item),
        private_ip=item.get("PrivateIpAddress", ""),
        public_ip=item.get("PublicIpAddress", ""),
        private_dns=item.get("PrivateDnsName", ""),
        public_dns=item.get("PublicDnsName", ""),
        subnet=SubnetId(item.get("SubnetId", "")),
        vpc=item.get("VpcId", ""),
        key=item.get("KeyName", ""),
        groups=tuple(GroupId(group["GroupId"]) for group in item.get("SecurityGroups", ())),
        instance_profile=item.get("IamInstanceProfile", {}).get("Arn", ""),
        architecture=item.get("Architecture", ""),
        root_device=item.get("RootDeviceName", ""),
        root_device_type=item.get("RootDeviceType", "ebs"),
        disks=tuple(_disk(mapping) for mapping in item.get("BlockDeviceMappings", ()) if "Ebs" in mapping),
        interfaces=tuple(
            sorted(map(_interface, item.get("NetworkInterfaces", ())), key=lambda found: found.index)
        ),
        state_reason=reason.get("Code", ""),
        state_message=reason.get("Message", ""),
        transition_reason=item.get("StateTransitionReason", ""),
        monitoring=item.get("Monitoring", {}).get("State") in ("enabled", "pending"),
        ebs_optimized=item.get("EbsOptimized", False),
        source_dest_check=item.get("SourceDestCheck", True),
        tenancy=placement.get("Tenancy", "default"),
        placement_group=placement.get("GroupName", ""),
        platform_details=item.get("PlatformDetails", "Linux/UNIX"),
        usage_operation=item.get("UsageOperation", "RunInstances"),
        lifecycle=item.get("InstanceLifecycle", ""),
        client_token=item.get("ClientToken", ""),
        metadata=_metadata(item.get("MetadataOptions", {})),
        boot_mode=item.get("BootMode", ""),
        ena=item.get("EnaSupport", False),
        sriov=item.get("SriovNetSupport", ""),
        tpm=item.get("TpmSupport", ""),
        virtualization=item.get("VirtualizationType", "hvm"),
    )


def _disk(item: Item) -> Disk:
    ebs = item["Ebs"]
    return Disk(item["DeviceName"], VolumeId(ebs.get("VolumeId", "")), ebs.get("DeleteOnTermination", False))


def _interface(item: Item) -> Interface:
    addresses = item.get("PrivateIpAddresses", ())
    ips = [
        address["PrivateIpAddress"] for address in sorted(addresses, key=lambda each: not each.get("Primary"))
    ]
    return Interface(
        id=InterfaceId(item["NetworkInterfaceId"]),
        index=item.get("Attachment", {}).get("DeviceIndex", 0),
        subnet=SubnetId(item.get("SubnetId", "")),
        private_ips=tuple(ips) or ((item["PrivateIpAddress"],) if item.get("PrivateIpAddress") else ()),
        public_ip=item.get("Association", {}).get("PublicIp", ""),
        groups=tuple(GroupId(group["GroupId"]) for group in item.get("Groups", ())),
        source_dest_check=item.get("SourceDestCheck", True),
        ipv6=tuple(address["Ipv6Address"] for address in item.get("Ipv6Addresses", ())),
    )


def _metadata(item: Item) -> MetadataOptions:
    if not item:
        return _PLAIN
    return MetadataOptions(
        http_tokens=item.get("HttpTokens", "optional"),
        http_endpoint=item.get("HttpEndpoint", "enabled"),
        hop_limit=item.get("HttpPutResponseHopLimit", 1),
        instance_tags=item.get("InstanceMetadataTags", "disabled"),
        http_ipv6=item.get("HttpProtocolIpv6", "disabled"),
    )


_PLAIN = MetadataOptions()


def status_in(item: Item) -> InstanceStatus:
    """One instance of DescribeInstanceStatus."""
    return InstanceStatus(
        id=InstanceId(item["InstanceId"]),
        state=State(item["InstanceState"]["Name"]),
        zone=Zone(item.get("AvailabilityZone", "")),
        system=_check(item.get("SystemStatus", {})),
        instance=_check(item.get("InstanceStatus", {})),
        ebs=_check(item.get("AttachedEbsStatus", {})),
        events=tuple(
            ScheduledEvent(event.get("Code", ""), event.get("Description", ""), event.get("NotBefore"))
            for event in item.get("Events", ())
        ),
    )


def _check(item: Item) -> CheckState:
    """A summary with the earliest ImpairedSince of its details."""
    since: list[datetime] = [
        detail["ImpairedSince"] for detail in item.get("Details", ()) if detail.get("ImpairedSince")
    ]
    return CheckState(item.get("Status", "not-applicable"), min(since, default=None))


def attributes_in(answers: Mapping[str, Item], credits: str) -> InstanceAttributes:
    """DescribeInstanceAttribute's answers by attribute name."""
    user_data = answers["userData"].get("UserData", {}).get("Value", "")
    return InstanceAttributes(
        user_data=base64.b64decode(user_data).decode(errors="surrogateescape") if user_data else "",
        disable_api_termination=answers["disableApiTermination"]
        .get("DisableApiTermination", {})
        .get("Value", False),
        disable_api_stop=answers["disableApiStop"].get("DisableApiStop", {}).get("Value", False),
        shutdown_behavior=answers["instanceInitiatedShutdownBehavior"]
        .get("InstanceInitiatedShutdownBehavior", {})
        .get("Value", "stop"),
        credits=credits,
    )
