"""Images as AWS would show them, for the tests of their planners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ec2kit.model.disks import Image, Mapping, Snapshot, TemplateVersion
from ec2kit.model.ids import ImageId, SnapshotId, TemplateId, VolumeId
from ec2kit.model.tags import RECIPE, Tags
from tests.support.fleet import NOW


def snapshot_id(number: int) -> SnapshotId:
    """The root snapshot of image number N."""
    return SnapshotId(f"snap-{number:08d}")


def image(number: int, days_ago: float = 1, **changes: Any) -> Image:
    """Image number N of the recipe `debian-12`, with one disk."""
    values: dict[str, Any] = {
        "name": f"debian-12-amd64-{number}",
        "state": "available",
        "architecture": "x86_64",
        "root_device": "/dev/xvda",
        "mappings": (Mapping("/dev/xvda", snapshot_id(number), 8, "gp3"),),
        "created": NOW - timedelta(days=days_ago),
        "tags": {RECIPE: "debian-12"},
        **changes,
    }
    return Image(ImageId(f"ami-{number:08d}"), **values)


def snapshot(number: int, tags: Tags | None = None, **changes: Any) -> Snapshot:
    """The root snapshot of image number N."""
    return Snapshot(
        snapshot_id(number), "completed", VolumeId("vol-1"), 8, NOW, tags=dict(tags or {}), **changes
    )


def template(version: int, uses: str) -> TemplateVersion:
    """A version of the template `ec2kit-web-1` that launches from an image."""
    return TemplateVersion(TemplateId("lt-00000001"), "ec2kit-web-1", version, {"ImageId": uses})
