"""DescribeInstanceAttribute and ModifyInstanceAttribute."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.types import Base64EncodedString
from moto.ec2.responses.instances import InstanceResponse

from ec2kit.sandbox.rules import (
    instance_facts,
    launch_checks,
    launch_parameters,
    lookup,
    patching,
    type_facts,
)
from ec2kit.sandbox.rules.refusals import missing, refusal

_WHILE_STOPPED = frozenset(
    {"EbsOptimized", "EnaSupport", "InstanceType", "Kernel", "Ramdisk", "SriovNetSupport", "UserData"}
)
"""API Reference, ModifyInstanceAttribute: "you must stop the instance"."""

_PLAIN = {
    "DisableApiStop": "disable_api_stop",
    "DisableApiTermination": "disable_api_termination",
    "EbsOptimized": "ebs_optimized",
    "EnaSupport": "ena_support",
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
    "Kernel": "kernel",
    "Ramdisk": "ramdisk",
    "SriovNetSupport": "sriov_net_support",
}
"""Attributes that are only remembered, and where."""

_BY_NAME = {
    "blockDeviceMapping": "BlockDeviceMappings",
    "groupSet": "Groups",
    **{name[0].lower() + name[1:]: name for name in (*_PLAIN, "InstanceType", "SourceDestCheck", "UserData")},
}
"""The `Attribute` of a request and the member of the same meaning."""


def modify(backend: Any, request: Mapping[str, Any]) -> None:
    """Given the parameters of ModifyInstanceAttribute, change the one attribute that they name.

    Raises IncorrectInstanceState for what can only be changed while the instance is stopped,
    InvalidParameterCombination for several attributes, InvalidParameterValue for a value that cannot be.
    """
    instance = lookup.named(backend, [request["InstanceId"]])[0]
    changes = _changes(request)
    if not changes:
        raise missing("an attribute to modify")
    if len(changes) > 1:
        raise refusal("InvalidParameterCombination", "Fields for multiple attribute types specified")
    ((name, value),) = changes.items()
    if name in _WHILE_STOPPED and instance.state != "stopped":
        raise refusal(
            "IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state."
        )
    if name in _PLAIN:
        _set_plain(instance, name, value)
    else:
        _SETTERS[name](backend, instance, value)


def _changes(request: Mapping[str, Any]) -> dict[str, Any]:
    changes = {}
    for name in (*_PLAIN, "InstanceType", "SourceDestCheck", "UserData"):
        if name in request:
            changes[name] = (request[name] or {}).get("Value")
    for name in ("BlockDeviceMappings", "Groups"):
        if request.get(name):
            changes[name] = request[name]
    if "Attribute" in request and "Value" in request:
        name = _member(request["Attribute"])
        changes[name] = _decoded(request["Value"]) if name == "UserData" else request["Value"]
    return changes


def _decoded(text: str) -> bytes:
    """In this form, which knows no blobs, user data is base64 (AWS CLI reference, modify-instance-attribute)."""
    launch_parameters.check_user_data(text)
    return base64.b64decode(text)


def _member(attribute: str) -> str:
    if attribute not in _BY_NAME:
        raise refusal("InvalidParameterValue", f"Value ({attribute}) for parameter attribute is invalid.")
    return _BY_NAME[attribute]


def _set_plain(instance: Any, name: str, value: Any) -> None:
    if name == "InstanceInitiatedShutdownBehavior" and value not in ("stop", "terminate"):
        raise refusal(
            "InvalidParameterValue",
            f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.",
        )
    switch = name.startswith(("Disable", "Ebs", "Ena"))
    setattr(instance, _PLAIN[name], _truth(value) if switch else value)


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _set_type(_backend: Any, instance: Any, value: str) -> None:
    if instance.architecture not in type_facts.architectures(value):
        raise refusal(
            "InvalidParameterCombination",
            f"The instance type '{value}' does not run the architecture '{instance.architecture}' of '{instance.id}'.",
        )
    if instance.availability_zone not in type_facts.zones_offering(instance.region_name, value):
        raise refusal(
            "Unsupported", f"The instance type '{value}' is not offered in {instance.availability_zone}."
        )
    instance.instance_type = value
    instance_facts.resize(instance)


def _set_user_data(_backend: Any, instance: Any, value: Any) -> None:
    # A blob: SDKs encode it for the wire and moto has decoded it, so these are the raw bytes.
    raw = value if isinstance(value, bytes) else str(value or "").encode()
    encoded = base64.b64encode(raw).decode()
    launch_parameters.check_user_data(encoded)
    instance.user_data = Base64EncodedString(encoded) if raw else None


def _set_groups(backend: Any, instance: Any, value: list[str]) -> None:
    instance.security_groups = launch_checks.groups(backend, value, [], instance.vpc_id)


def _set_source_dest_check(_backend: Any, instance: Any, value: Any) -> None:
    instance.source_dest_check = _truth(value)
    for nic in instance.nics.values():
        nic.source_dest_check = instance.source_dest_check


def _set_block_devices(_backend: Any, instance: Any, value: list[Mapping[str, Any]]) -> None:
    for one in value:
        name = one.get("DeviceName")
        if name not in instance.block_device_mapping:
            raise refusal("InvalidInstanceAttributeValue", f"No device is currently mapped at {name}")
        kept = one.get("Ebs", {}).get("DeleteOnTermination")
        if kept is not None:
            instance.block_device_mapping[name].delete_on_termination = bool(kept)


_SETTERS: dict[str, Callable[[Any, Any, Any], None]] = {
    "BlockDeviceMappings": _set_block_devices,
    "Groups": _set_groups,
    "InstanceType": _set_type,
    "SourceDestCheck": _set_source_dest_check,
    "UserData": _set_user_data,
}

_READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "blockDeviceMapping": lambda one: {"BlockDeviceMappings": one.block_device_mappings},
    "disableApiStop": lambda one: {"DisableApiStop": {"Value": one.disable_api_stop}},
    "disableApiTermination": lambda one: {"DisableApiTermination": {"Value": one.disable_api_termination}},
    "ebsOptimized": lambda one: {"EbsOptimized": {"Value": one.ebs_optimized}},
    "enaSupport": lambda one: {"EnaSupport": {"Value": one.ena_support}},
    "enclaveOptions": lambda one: {"EnclaveOptions": one.enclave_options},
    "groupSet": lambda one: {"Groups": [{"GroupId": group.id} for group in one.security_groups]},
    "instanceInitiatedShutdownBehavior": lambda one: {
        "InstanceInitiatedShutdownBehavior": {"Value": one.instance_initiated_shutdown_behavior}
    },
    "instanceType": lambda one: {"InstanceType": {"Value": one.instance_type}},
    "kernel": lambda one: {"KernelId": {"Value": one.kernel} if one.kernel else {}},
    "productCodes": lambda one: {"ProductCodes": list(one.product_codes)},
    "ramdisk": lambda one: {"RamdiskId": {"Value": one.ramdisk} if one.ramdisk else {}},
    "rootDeviceName": lambda one: {"RootDeviceName": {"Value": one.root_device_name}},
    "sourceDestCheck": lambda one: {"SourceDestCheck": {"Value": one.source_dest_check}},
    "sriovNetSupport": lambda one: {"SriovNetSupport": {"Value": one.sriov_net_support}},
    "userData": lambda one: {"UserData": {"Value": str(one.user_data)} if one.user_data else {}},
}


def _describe_instance_attribute(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instance_attribute(self: Any) -> ActionResult:
        self.error_on_dryrun()
        attribute = self._get_param("Attribute")
        if attribute not in _READERS:
            raise refusal("InvalidParameterValue", f"Value ({attribute}) for parameter attribute is invalid.")
        instance = lookup.named(self.ec2_backend, [self._get_param("InstanceId")])[0]
        return ActionResult({"InstanceId": instance.id, **_READERS[attribute](instance)})

    return describe_instance_attribute


def _modify_instance_attribute(_original: Any) -> Callable[[Any], EmptyResult]:
    def modify_instance_attribute(self: Any) -> EmptyResult:
        self.error_on_dryrun()
        modify(self.ec2_backend, self._get_params())
        return EmptyResult()

    return modify_instance_attribute


def install() -> None:
    """moto changes the type of a running instance, refuses user data as SDKs send it, and empties the groups for
    an unknown one."""
    patching.replace(InstanceResponse, "describe_instance_attribute", _describe_instance_attribute)
    patching.replace(InstanceResponse, "modify_instance_attribute", _modify_instance_attribute)
