"""What a RunInstances request asks for, once its launch template has been laid under it."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ec2kit.sandbox.rules.refusals import refusal

Parameters = dict[str, Any]

USER_DATA_LIMIT = 16384
"""Bytes of user data before base64 (EC2 User Guide, "Run commands when you launch an instance")."""

_STRUCTURES = frozenset(
    {
        "CapacityReservationSpecification",
        "CpuOptions",
        "EnclaveOptions",
        "HibernationOptions",
        "MaintenanceOptions",
        "MetadataOptions",
        "Monitoring",
        "Placement",
        "PrivateDnsNameOptions",
    }
)
"""Laid over the template's member by member; anything else replaces the template's."""

_NOT_MERGED_HERE = frozenset({"BlockDeviceMappings", "TagSpecifications", "NetworkInterfaces"})


def merge(template: Mapping[str, Any], request: Mapping[str, Any]) -> Parameters:
    """Given a template version's data and the parameters of a request, return the parameters of the launch.

    The request's win (API Reference, RunInstances, LaunchTemplate). Tags meet by resource type and key, interfaces
    by device index. Block devices stay apart, because the image's lie under both: see `block_devices.merge`.
    """
    merged: Parameters = {key: value for key, value in template.items() if key not in _NOT_MERGED_HERE}
    for key, value in request.items():
        if key in _STRUCTURES and isinstance(merged.get(key), Mapping):
            merged[key] = {**merged[key], **value}
        elif key not in _NOT_MERGED_HERE:
            merged[key] = value
    if any(key in request for key in ("SecurityGroupIds", "SecurityGroups")):
        for key in ("SecurityGroupIds", "SecurityGroups"):
            merged[key] = request.get(key, [])
    merged["TagSpecifications"] = _tags(template, request)
    merged["NetworkInterfaces"] = _interfaces(template, request)
    return {key: value for key, value in merged.items() if value is not None}


def _interfaces(template: Mapping[str, Any], request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    by_index: dict[int, Mapping[str, Any]] = {}
    for source in (template, request):
        for one in source.get("NetworkInterfaces") or []:
            by_index[int(one.get("DeviceIndex", 0))] = one
    return [by_index[index] for index in sorted(by_index)]


def _tags(template: Mapping[str, Any], request: Mapping[str, Any]) -> list[dict[str, Any]]:
    kinds: dict[str, dict[str, str]] = {}
    for source in (template, request):
        for kind, tags in tags_by_kind(source.get("TagSpecifications") or []).items():
            kinds.setdefault(kind, {}).update(tags)
    return [
        {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        for kind, tags in kinds.items()
    ]


def tags_by_kind(specifications: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Given TagSpecifications, return the tags of each resource type."""
    kinds: dict[str, dict[str, str]] = {}
    for one in specifications:
        if "ResourceType" not in one:
            raise refusal("InvalidParameterValue", "Tag specification resource type must have a value")
        tags = kinds.setdefault(one["ResourceType"], {})
        tags.update({tag["Key"]: tag.get("Value", "") for tag in one.get("Tags", [])})
    return kinds


def check_user_data(encoded: object) -> None:
    """Given user data in base64 (or None), raise InvalidUserData.Malformed, or InvalidParameterValue if too long."""
    if encoded is None:
        return
    try:
        raw = base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        raise refusal("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None
    if len(raw) > USER_DATA_LIMIT:
        raise refusal("InvalidParameterValue", f"User data is limited to {USER_DATA_LIMIT} bytes")


def counts(request: Mapping[str, Any]) -> tuple[int, int]:
    """Given a request, return MinCount and MaxCount. Raises MissingParameter, or InvalidParameterValue if they
    contradict each other."""
    for key in ("MinCount", "MaxCount"):
        if key not in request:
            raise refusal("MissingParameter", f"The request must contain the parameter {key}")
    least, most = int(request["MinCount"]), int(request["MaxCount"])
    if least < 1:
        raise refusal(
            "InvalidParameterValue", f"Value ({least}) for parameter minCount is invalid. Minimum is 1."
        )
    if most < least:
        raise refusal(
            "InvalidParameterValue", "Maximum count of instances must not be less than the minimum count."
        )
    return least, most
