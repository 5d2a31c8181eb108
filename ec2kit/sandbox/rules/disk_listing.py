"""DescribeVolumes and DescribeSnapshots: owners, filters, pages."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from ec2kit.sandbox.rules import matching, pages, patching
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.resources import not_found


def _one(attribute: str) -> matching.Reader:
    def read(item: Any) -> Iterable[object]:
        value = getattr(item, attribute)
        return () if value is None else (_written(value),)

    return read


def _attachment(attribute: str) -> matching.Reader:
    return lambda volume: [_written(getattr(one, attribute)) for one in volume.attachments]


def _written(value: object) -> object:
    return f"{value:%Y-%m-%dT%H:%M:%S.000Z}" if isinstance(value, datetime) else value


VOLUME_FILTERS: Mapping[str, matching.Reader] = {
    "attachment.attach-time": _attachment("attach_time"),
    "attachment.delete-on-termination": _attachment("delete_on_termination"),
    "attachment.device": _attachment("device"),
    "attachment.instance-id": _attachment("instance_id"),
    "attachment.status": _attachment("status"),
    "availability-zone": _one("availability_zone"),
    "create-time": _one("create_time"),
    "encrypted": _one("encrypted"),
    "multi-attach-enabled": lambda volume: (bool(volume.multi_attach_enabled),),
    "size": _one("size"),
    "snapshot-id": _one("snapshot_id"),
    "status": _one("status"),
    "volume-id": _one("id"),
    "volume-type": _one("volume_type"),
}

SNAPSHOT_FILTERS: Mapping[str, matching.Reader] = {
    "description": _one("description"),
    "encrypted": _one("encrypted"),
    "owner-id": _one("owner_id"),
    "progress": _one("progress"),
    "snapshot-id": _one("id"),
    "start-time": _one("start_time"),
    "status": _one("status"),
    "storage-tier": _one("storage_tier"),
    "volume-id": _one("volume_id"),
    "volume-size": _one("volume_size"),
}
"""API Reference, DescribeVolumes and DescribeSnapshots, filters."""


def chosen(items: Mapping[str, Any], ids: Iterable[str]) -> list[Any]:
    """Given resources by id and the ids of a request, return those (all if there are no ids); one unknown id
    fails the whole with its `Invalid….NotFound`."""
    wanted = list(dict.fromkeys(ids))
    for one in wanted:
        if one not in items:
            raise not_found(one)
    return [items[one] for one in wanted] if wanted else list(items.values())


def _answer(response: Any, name: str, items: list[Any]) -> Any:
    most, token = response._get_int_param("MaxResults"), response._get_param("NextToken")
    following = None
    # Without MaxResults EC2 sends these lists whole.
    if most is not None or token:
        shown, following = pages.page(items, most, token)
        items = list(shown)
    return ActionResult({name: items, "NextToken": following})


def _alone(response: Any, ids: str) -> None:
    if response._get_param(ids) and response._get_param("MaxResults") is not None:
        raise refusal(
            "InvalidParameterCombination", f"The parameter {ids} cannot be used with the parameter maxResults"
        )


def _describe_volumes(_original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_volumes(self: Any) -> Any:
        _alone(self, "VolumeIds")
        self.error_on_dryrun()
        volumes = chosen(self.ec2_backend.volumes, self._get_param("VolumeIds", []))
        return _answer(
            self, "Volumes", matching.keep(volumes, self._get_param("Filters", []), VOLUME_FILTERS)
        )

    return describe_volumes


def _describe_snapshots(_original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_snapshots(self: Any) -> Any:
        _alone(self, "SnapshotIds")
        self.error_on_dryrun()
        backend = self.ec2_backend
        snapshots = chosen(backend.snapshots, self._get_param("SnapshotIds", []))
        asked = {*self._get_param("OwnerIds", []), *self._get_param("RestorableByUserIds", [])}
        owners = {backend.account_id if one == "self" else one for one in asked}
        if owners:
            snapshots = [one for one in snapshots if one.owner_id in owners]
        return _answer(
            self, "Snapshots", matching.keep(snapshots, self._get_param("Filters", []), SNAPSHOT_FILTERS)
        )

    return describe_snapshots


def install() -> None:
    """moto ignores OwnerIds and MaxResults, and compares whole timestamps of its own spelling with filters (API
    Reference, DescribeVolumes, DescribeSnapshots)."""
    patching.replace(ElasticBlockStore, "describe_volumes", _describe_volumes)
    patching.replace(ElasticBlockStore, "describe_snapshots", _describe_snapshots)
