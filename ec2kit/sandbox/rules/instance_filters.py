"""What each filter of DescribeInstances reads."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ec2kit.sandbox.rules.matching import Reader


def timestamp(moment: datetime) -> str:
    """Given a time, return how EC2 writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"


def _one(read: Callable[[Any], object]) -> Reader:
    """An attribute with one value, or none."""

    def values(instance: Any) -> list[object]:
        value = read(instance)
        return [] if value is None or value == "" else [value]

    return values


def _blocks(read: Callable[[str, Any], object]) -> Reader:
    return lambda one: [read(device, block) for device, block in one.get_block_device_mapping]


def _nics(read: Callable[[Any], object]) -> Reader:
    return lambda one: [value for nic in one.nics.values() if (value := read(nic)) is not None]


def _each_nic(read: Callable[[Any], Iterable[object]]) -> Reader:
    return lambda one: [value for nic in one.nics.values() for value in read(nic)]


def _associated(key: str) -> Reader:
    return _nics(lambda nic: nic.association.get(key))


def _attribute(name: str) -> Reader:
    return _one(lambda one: getattr(one, name, None))


def _profile(key: str) -> Reader:
    return _one(lambda one: (one.iam_instance_profile or {}).get(key))


def _member(name: str, key: str) -> Reader:
    return _one(lambda one: (getattr(one, name, None) or {}).get(key))


def _reservation(read: Callable[[Any], object]) -> Reader:
    def values(instance: Any) -> list[object]:
        for reservation in instance.ec2_backend.reservations.values():
            if any(one is instance for one in reservation.instances):
                return [read(reservation)]
        return []

    return values


FILTERS: dict[str, Reader] = {
    "affinity": _one(lambda one: one.placement.affinity),
    "architecture": _attribute("architecture"),
    "availability-zone": _attribute("availability_zone"),
    "block-device-mapping.attach-time": _blocks(lambda _, block: timestamp(block.attach_time)),
    "block-device-mapping.delete-on-termination": _blocks(lambda _, block: block.delete_on_termination),
    "block-device-mapping.device-name": _blocks(lambda device, _: device),
    "block-device-mapping.status": _blocks(lambda _, __: "attached"),
    "block-device-mapping.volume-id": _blocks(lambda _, block: block.volume_id),
    "boot-mode": _attribute("boot_mode"),
    "capacity-reservation-id": lambda _: [],
    "client-token": _attribute("client_token"),
    "current-instance-boot-mode": _attribute("current_instance_boot_mode"),
    "dns-name": _attribute("public_dns_name"),
    "ebs-optimized": _attribute("ebs_optimized"),
    "ena-support": _attribute("ena_support"),
    "enclave-options.enabled": _member("enclave_options", "Enabled"),
    "group-id": lambda one: [group.id for group in one.security_groups],
    "group-name": lambda one: [group.name for group in one.security_groups],
    "hibernation-options.configured": _member("hibernation_options", "Configured"),
    "host-id": _one(lambda one: one.placement.host_id),
    "hypervisor": _attribute("hypervisor"),
    "iam-instance-profile.arn": _profile("Arn"),
    "iam-instance-profile.id": _profile("Id"),
    "image-id": _attribute("image_id"),
    "instance-id": _attribute("id"),
    "instance-lifecycle": _attribute("lifecycle"),
    "instance-state-code": _attribute("state_code"),
    "instance-state-name": _attribute("state"),
    "instance-type": _attribute("instance_type"),
    "instance.group-id": lambda one: [group.id for group in one.security_groups],
    "instance.group-name": lambda one: [group.name for group in one.security_groups],
    "ip-address": _attribute("public_ip"),
    "kernel-id": _attribute("kernel_id"),
    "key-name": _attribute("key_name"),
    "launch-index": _attribute("ami_launch_index"),
    "launch-time": _one(lambda one: timestamp(one.launch_time)),
    "maintenance-options.auto-recovery": _member("maintenance_options", "AutoRecovery"),
    "metadata-options.http-endpoint": _one(lambda one: one.metadata_options.http_endpoint),
    "metadata-options.http-protocol-ipv4": lambda _: ["enabled"],
    "metadata-options.http-protocol-ipv6": _one(lambda one: one.metadata_options.http_protocol_ipv6),
    "metadata-options.http-put-response-hop-limit": _one(
        lambda one: one.metadata_options.http_put_response_hop_limit
    ),
    "metadata-options.http-tokens": _one(lambda one: one.metadata_options.http_tokens),
    "metadata-options.instance-metadata-tags": _one(lambda one: one.metadata_options.instance_metadata_tags),
    "monitoring-state": _attribute("monitoring_state"),
    "network-interface.addresses.association.allocation-id": _associated("allocationId"),
    "network-interface.addresses.association.association-id": _associated("associationId"),
    "network-interface.addresses.association.ip-owner-id": _associated("ipOwnerId"),
    "network-interface.addresses.association.public-ip": _associated("publicIp"),
    "network-interface.addresses.primary": _each_nic(
        lambda nic: [one.get("Primary", False) for one in nic.private_ip_addresses]
    ),
    "network-interface.addresses.private-ip-address": _each_nic(
        lambda nic: [one["PrivateIpAddress"] for one in nic.private_ip_addresses]
    ),
    "network-interface.association.allocation-id": _associated("allocationId"),
    "network-interface.association.association-id": _associated("associationId"),
    "network-interface.association.ip-owner-id": _associated("ipOwnerId"),
    "network-interface.association.public-dns-name": _associated("publicDnsName"),
    "network-interface.association.public-ip": _associated("publicIp"),
    "network-interface.attachment.attach-time": _nics(
        lambda nic: nic.attach_time and timestamp(nic.attach_time)
    ),
    "network-interface.attachment.attachment-id": _nics(lambda nic: nic.attachment_id),
    "network-interface.attachment.delete-on-termination": _nics(lambda nic: bool(nic.delete_on_termination)),
    "network-interface.attachment.device-index": _nics(lambda nic: nic.device_index),
    "network-interface.attachment.instance-id": _nics(lambda nic: nic.instance and nic.instance.id),
    "network-interface.attachment.instance-owner-id": _nics(lambda nic: nic.owner_id),
    "network-interface.attachment.status": lambda one: ["attached"] * len(one.nics),
    "network-interface.availability-zone": _nics(lambda nic: nic.availability_zone),
    "network-interface.description": _nics(lambda nic: nic.description),
    "network-interface.group-id": _each_nic(lambda nic: [group.id for group in nic.group_set]),
    "network-interface.group-name": _each_nic(lambda nic: [group.name for group in nic.group_set]),
    "network-interface.mac-address": _nics(lambda nic: nic.mac_address),
    "network-interface.network-interface-id": _nics(lambda nic: nic.id),
    "network-interface.owner-id": _nics(lambda nic: nic.owner_id),
    "network-interface.private-dns-name": _nics(lambda nic: nic.private_dns_name),
    "network-interface.private-ip-address": _nics(lambda nic: nic.private_ip_address),
    "network-interface.requester-managed": _nics(lambda nic: nic.requester_managed),
    "network-interface.source-dest-check": _nics(lambda nic: nic.source_dest_check),
    "network-interface.status": _nics(lambda nic: nic.status),
    "network-interface.subnet-id": _nics(lambda nic: nic.subnet_id),
    "network-interface.vpc-id": _nics(lambda nic: nic.vpc_id),
    "outpost-arn": lambda _: [],
    "owner-id": _attribute("owner_id"),
    "placement-group-name": _one(lambda one: one.placement.group_name),
    "placement-partition-number": _one(lambda one: one.placement.partition_number),
    "platform": _attribute("platform"),
    "platform-details": _attribute("platform_details"),
    "private-dns-name": _attribute("private_dns_name"),
    "private-dns-name-options.hostname-type": _member("private_dns_name_options", "HostnameType"),
    "private-ip-address": _attribute("private_ip"),
    "product-code": lambda one: list(one.product_codes),
    "ramdisk-id": _attribute("ramdisk"),
    "reason": _attribute("state_transition_reason"),
    "requester-id": lambda _: [],
    "reservation-id": _reservation(lambda reservation: reservation.id),
    "root-device-name": _attribute("root_device_name"),
    "root-device-type": _attribute("root_device_type"),
    "source-dest-check": _attribute("source_dest_check"),
    "spot-instance-request-id": lambda _: [],
    "state-reason-code": _one(lambda one: one.state_reason and one.state_reason.code),
    "subnet-id": _attribute("subnet_id"),
    "tenancy": _one(lambda one: one.placement.tenancy),
    "usage-operation": _attribute("usage_operation"),
    "usage-operation-update-time": _one(lambda one: timestamp(one.usage_operation_update_time)),
    "virtualization-type": _attribute("virtualization_type"),
    "vpc-id": _attribute("vpc_id"),
}
"""API Reference, DescribeInstances, Filters; `tag:KEY`, `tag-key` and `tag-value` are read by `matching`."""
