"""Who else may use an image or a snapshot: launch permissions and createVolumePermission."""

from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import invalid_value, refusal
from ec2kit.sandbox.rules.resources import require


def check_shareable(snapshots: Iterable[Any], *, publicly: bool) -> None:
    """Given snapshots, raise InvalidParameter if others could not read them: encrypted by the account's own AWS
    managed key, or encrypted at all when everybody is meant (EBS User Guide, "Share a snapshot")."""
    for snapshot in snapshots:
        if snapshot.encrypted and not snapshot.kms_key_id:
            raise refusal(
                "InvalidParameter",
                "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
            )
        if snapshot.encrypted and publicly:
            raise refusal(
                "InvalidParameter", f"The snapshot '{snapshot.id}' is encrypted and can't be public."
            )


def _modify_image(original: Callable[..., Any]) -> Callable[..., Any]:
    def modify_image_attribute(self: Any) -> Any:
        image = require(self.ec2_backend, self._get_param("ImageId"))
        if _changes_plain(self, image):
            return EmptyResult()
        added = self._get_param("LaunchPermission", {}).get("Add", [])
        groups = [*self._get_param("UserGroups", []), *(one.get("Group") for one in added)]
        adds = bool(added) or self._get_param("OperationType") == "add"
        if adds and image.state != "available":
            raise refusal("InvalidAMIID.Unavailable", f"The image ID '{image.id}' is not available")
        if adds:
            check_shareable(image.snapshots, publicly="all" in groups)
        return original(self)

    return modify_image_attribute


def _changes_plain(response: Any, image: Any) -> bool:
    """Do what a request asks of the attributes that are one value; whether it asked for one."""
    plain = {"description": _described, "imdsSupport": _with_imds}
    for name, change in plain.items():
        member = name[0].upper() + name[1:]
        named = response._get_param("Attribute") == name
        value = response._get_param("Value") if named else (response._get_param(member) or {}).get("Value")
        if value is not None:
            response.error_on_dryrun()
            change(image, value)
            return True
    return False


def _described(image: Any, value: str) -> None:
    image.description = value or None


def _with_imds(image: Any, value: str) -> None:
    if value != "v2.0":
        raise invalid_value(value, "imdsSupport")
    image.require_tokens()


def _describe_image(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_image_attribute(self: Any) -> Any:
        require(self.ec2_backend, self._get_param("ImageId"))
        return original(self)

    return describe_image_attribute


def _reset_image(_original: Callable[..., Any]) -> Callable[..., Any]:
    def reset_image_attribute(self: Any) -> Any:
        image = require(self.ec2_backend, self._get_param("ImageId"))
        if self._get_param("Attribute") != "launchPermission":
            raise invalid_value(self._get_param("Attribute"), "attribute")
        self.error_on_dryrun()
        image.launch_permissions.clear()
        return EmptyResult()

    return reset_image_attribute


def _disable_image(original: Callable[..., Any]) -> Callable[..., Any]:
    def disable_image(self: Any) -> Any:
        image = require(self.ec2_backend, self._get_param("ImageId"))
        if image.state not in ("available", "disabled", "failed"):
            raise refusal("InvalidAMIID.Unavailable", f"The image ID '{image.id}' is not available")
        answer = original(self)
        image.launch_permissions.clear()
        return answer

    return disable_image


def _modify_snapshot(original: Callable[..., Any]) -> Callable[..., Any]:
    def modify_snapshot_attribute(self: Any) -> Any:
        snapshot = require(self.ec2_backend, self._get_param("SnapshotId"))
        permission = self._get_param("CreateVolumePermission", {})
        added, removed = permission.get("Add", []), permission.get("Remove", [])
        groups = [*self._get_param("GroupNames", []), *(one.get("Group") for one in added)]
        if added or self._get_param("OperationType") == "add":
            check_shareable([snapshot], publicly="all" in groups)
        answer = original(self)
        for change, wanted in (("add", added), ("remove", removed)):
            if wanted:
                apply = getattr(self.ec2_backend, f"{change}_create_volume_permission")
                users = [one["UserId"] for one in wanted if "UserId" in one]
                apply(snapshot.id, user_ids=users, groups=[one["Group"] for one in wanted if "Group" in one])
        return answer

    return modify_snapshot_attribute


def _reset_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def reset_snapshot_attribute(self: Any) -> Any:
        snapshot = require(self.ec2_backend, self._get_param("SnapshotId"))
        if self._get_param("Attribute") != "createVolumePermission":
            raise invalid_value(self._get_param("Attribute"), "attribute")
        self.error_on_dryrun()
        snapshot.create_volume_permission_groups.clear()
        snapshot.create_volume_permission_userids.clear()
        return EmptyResult()

    return reset_snapshot_attribute


def _describe_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_snapshot_attribute(self: Any) -> Any:
        snapshot = require(self.ec2_backend, self._get_param("SnapshotId"))
        self.error_on_dryrun()
        groups = sorted(snapshot.create_volume_permission_groups)
        users = sorted(snapshot.create_volume_permission_userids)
        permissions = [{"Group": one} for one in groups] + [{"UserId": one} for one in users]
        return ActionResult({"SnapshotId": snapshot.id, "CreateVolumePermissions": permissions})

    return describe_snapshot_attribute


def install() -> None:
    """moto shares what nobody could read, ignores the description and the IMDS support of ModifyImageAttribute and
    the structure of ModifySnapshotAttribute, and cannot reset. EC2 lets only an available image be shared, and a
    disabled one is shared with nobody any more (API Reference, ModifyImageAttribute, DisableImage)."""
    patching.replace(AmisResponse, "modify_image_attribute", _modify_image)
    patching.replace(AmisResponse, "describe_image_attribute", _describe_image)
    patching.replace(AmisResponse, "reset_image_attribute", _reset_image)
    patching.replace(AmisResponse, "disable_image", _disable_image)
    patching.replace(ElasticBlockStore, "modify_snapshot_attribute", _modify_snapshot)
    patching.replace(ElasticBlockStore, "reset_snapshot_attribute", _reset_snapshot)
    patching.replace(ElasticBlockStore, "describe_snapshot_attribute", _describe_snapshot)
