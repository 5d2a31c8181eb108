"""Looking at images and giving them up."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses.amis import AmisResponse

from ec2kit.sandbox.rules import matching, pages, patching
from ec2kit.sandbox.rules.image_deprecation import deprecated
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.snapshots import images_on


def _disks(member: str) -> matching.Reader:
    return lambda image: [
        disk["Ebs"][member]
        for disk in image.block_device_mappings
        if disk.get("Ebs", {}).get(member) is not None
    ]


def _one(attribute: str) -> matching.Reader:
    def read(image: Any) -> Iterable[object]:
        value = getattr(image, attribute)
        return () if value is None else (value,)

    return read


FILTERS: Mapping[str, matching.Reader] = {
    "architecture": _one("architecture"),
    "block-device-mapping.delete-on-termination": _disks("DeleteOnTermination"),
    "block-device-mapping.device-name": lambda image: [
        disk["DeviceName"] for disk in image.block_device_mappings
    ],
    "block-device-mapping.encrypted": _disks("Encrypted"),
    "block-device-mapping.snapshot-id": _disks("SnapshotId"),
    "block-device-mapping.volume-size": _disks("VolumeSize"),
    "block-device-mapping.volume-type": _disks("VolumeType"),
    "creation-date": lambda image: [f"{image.creation_date:%Y-%m-%dT%H:%M:%S.000Z}"],
    "description": _one("description"),
    "ena-support": _one("ena_support"),
    "hypervisor": _one("hypervisor"),
    "image-id": _one("id"),
    "image-type": _one("image_type"),
    "is-public": _one("is_public"),
    "kernel-id": _one("kernel_id"),
    "name": _one("name"),
    "owner-alias": _one("owner_alias"),
    "owner-id": _one("owner_id"),
    "platform": _one("platform"),
    "ramdisk-id": _one("ramdisk_id"),
    "root-device-name": _one("root_device_name"),
    "root-device-type": _one("root_device_type"),
    "source-image-id": _one("source_image_id"),
    "source-instance-id": _one("instance_id"),
    "state": _one("state"),
    "virtualization-type": _one("virtualization_type"),
}
"""API Reference, DescribeImages, filters."""


def _visible(backend: Any, parameters: Mapping[str, Any]) -> list[Any]:
    """Return the images that a request asks for by id, owner and permission, the oldest first."""
    ids = list(dict.fromkeys(parameters.get("ImageIds", [])))
    malformed = next((one for one in ids if not one.startswith("ami-")), None)
    if malformed:
        raise refusal("InvalidAMIID.Malformed", f'Invalid id: "{malformed}" (expecting "ami-...")')
    unknown = [one for one in ids if one not in backend.amis]
    if unknown:
        raise refusal("InvalidAMIID.NotFound", f"The image id '[{', '.join(unknown)}]' does not exist")
    images = [backend.amis[one] for one in ids] if ids else list(backend.amis.values())
    owners = {backend.account_id if one == "self" else one for one in parameters.get("Owners", [])}
    if owners:
        images = [image for image in images if image.owner_id in owners or image.owner_alias in owners]
    users = {backend.account_id if one == "self" else one for one in parameters.get("ExecutableUsers", [])}
    if users:
        images = [image for image in images if _may_launch(image, users)]
    if not ids and not parameters.get("IncludeDisabled"):
        images = [image for image in images if image.state != "disabled"]
    if not ids and not parameters.get("IncludeDeprecated"):
        images = [image for image in images if image.owner_id == backend.account_id or not deprecated(image)]
    return images


def _may_launch(image: Any, users: set[str]) -> bool:
    allowed = {one.get("UserId") or one.get("Group") for one in image.launch_permissions}
    return bool(users & allowed)


def _describe_images(_original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_images(self: Any) -> Any:
        self.error_on_dryrun()
        images = matching.keep(
            _visible(self.ec2_backend, self.params), self.params.get("Filters", []), FILTERS
        )
        most, token = self._get_int_param("MaxResults"), self._get_param("NextToken")
        following = None
        if most is not None or token:
            shown, following = pages.page(images, most, token, bounds=(1, 1000))
            images = list(shown)
        return ActionResult({"Images": images, "NextToken": following})

    return describe_images


def _deregister_image(original: Callable[..., Any]) -> Callable[..., Any]:
    def deregister_image(self: Any) -> Any:
        backend, image_id = self.ec2_backend, self._get_param("ImageId")
        image = backend.amis.get(image_id)
        snapshots = [one.id for one in image.snapshots] if image else []
        original(self)
        backend.tags.pop(image_id, None)
        result: dict[str, Any] = {"Return": True}
        if self._get_param("DeleteAssociatedSnapshots"):
            result["DeleteSnapshotResults"] = [_delete(backend, snapshot_id) for snapshot_id in snapshots]
        return ActionResult(result)

    return deregister_image


def _delete(backend: Any, snapshot_id: str) -> dict[str, str]:
    if images_on(backend, snapshot_id):
        return {"SnapshotId": snapshot_id, "ReturnCode": "skipped"}
    backend.delete_snapshot(snapshot_id)
    return {"SnapshotId": snapshot_id, "ReturnCode": "success"}


def _find_images(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_images(self: Any, ami_ids: Any = None, filters: Any = None, **named: Any) -> Any:
        # Launches ask for one image through a filter, and would otherwise look at every one.
        if (
            not ami_ids
            and not named
            and list(filters or ()) == ["image-id"]
            and isinstance(filters["image-id"], str)
        ):
            image = self.amis.get(filters["image-id"])
            return [image] if image else []
        return original(self, ami_ids=ami_ids, filters=filters, **named)

    return describe_images


def install() -> None:
    """moto ignores MaxResults and many filters and finds images that are deregistered. EC2 lists disabled images
    only when asked to, its owner's too, and deprecated ones to their owner only; and it tells, when an image is
    deregistered with its snapshots, which of them other images still need (API Reference, DescribeImages,
    DeregisterImage)."""
    patching.replace(AmisResponse, "describe_images", _describe_images)
    patching.replace(AmisResponse, "deregister_image", _deregister_image)
    patching.replace(AmiBackend, "describe_images", _find_images)
