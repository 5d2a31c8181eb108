"""Images as rows, and one image with its disks and its users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ec2kit.images.labels import labels_of
from ec2kit.images.sharing import holders_text
from ec2kit.images.uses import NOBODY, Users
from ec2kit.model.disks import Image
from ec2kit.model.disks import Mapping as Disk
from ec2kit.model.periods import format_age, format_duration, format_time
from ec2kit.model.tags import RECIPE
from ec2kit.screen.columns import STATE_STYLES, Column


@dataclass(frozen=True)
class ImageRow:
    """An image as it is seen at a moment, in a region. `shared` is None where nobody asked with whom it is."""

    image: Image
    now: datetime
    users: Users = NOBODY
    region: str = ""
    shared: frozenset[str] | None = None

    @property
    def holders(self) -> tuple[str, ...]:
        """With whom it is shared, as far as it was asked; that it is public is always known."""
        return tuple(sorted(self.shared or (("all",) if self.image.public else ())))

    @property
    def age(self) -> str:
        """How long ago it was made."""
        return format_age(self.image.created, self.now) if self.image.created else ""

    @property
    def deprecated(self) -> str:
        """`in 29d` or `since 3d`; empty when it never goes out of date."""
        if self.image.deprecates is None:
            return ""
        left = self.image.deprecates - self.now
        return f"in {format_duration(left)}" if left > timedelta(0) else f"since {format_duration(-left)}"


IMAGE_COLUMNS: tuple[Column[ImageRow], ...] = (
    Column("id", lambda row: row.image.id),
    Column("name", lambda row: row.image.name),
    Column("state", lambda row: row.image.state, styles={**STATE_STYLES, "disabled": "dim"}),
    Column("architecture", lambda row: row.image.architecture),
    Column("age", lambda row: row.age),
    Column("size_gib", lambda row: row.image.size_gib),
    Column("boot_mode", lambda row: row.image.boot_mode),
    Column("root_snapshot", lambda row: row.image.snapshots[0] if row.image.snapshots else None),
    Column("used_by", lambda row: list(row.users.words), shown=lambda row: row.users.counted),
    Column("deprecated", lambda row: row.image.deprecates, shown=lambda row: row.deprecated),
    Column("shared", lambda row: list(row.holders)),
    Column("labels", lambda row: list(labels_of(row.image))),
    Column("created", lambda row: row.image.created, extra=True),
    Column("recipe", lambda row: row.image.tags.get(RECIPE), extra=True),
    Column("description", lambda row: row.image.description, extra=True),
    Column("snapshots", lambda row: list(row.image.snapshots), extra=True),
    Column("source_image", lambda row: row.image.source_image, extra=True),
    Column("source_region", lambda row: row.image.source_region, extra=True),
    Column("tags", lambda row: dict(sorted(row.image.tags.items())), extra=True),
    Column("region", lambda row: row.region, extra=True),
)
"""`shared` is `all` for a public image; with whom else one is shared is only known when it is asked for."""


def image_json(row: ImageRow) -> dict[str, Any]:
    """Given an image, return the documented JSON object."""
    image = row.image
    return {
        **{column.name: column.value(row) for column in IMAGE_COLUMNS},
        "virtualization": image.virtualization,
        "ena": image.ena,
        "sriov": image.sriov,
        "tpm": image.tpm,
        "imds": image.imds,
        "owner": image.owner,
        "platform": image.platform_details,
        "usage_operation": image.usage_operation,
        "root_device": image.root_device,
        "disks": [_disk_json(disk) for disk in image.mappings],
    }


def _disk_json(disk: Disk) -> dict[str, Any]:
    return {
        "device": disk.device,
        "snapshot": disk.snapshot,
        "size_gib": disk.size_gib,
        "type": disk.type,
        "encrypted": bool(disk.encrypted),
        "delete_on_termination": disk.delete_on_termination,
    }


def image_pairs(row: ImageRow) -> list[tuple[str, str]]:
    """Given the same, return it as labels and texts; what an image does not say is left out."""
    image = row.image
    pairs = [
        ("id", image.id),
        ("name", image.name),
        ("description", image.description),
        ("state", image.state),
        ("made", f"{format_time(image.created)} ({row.age} ago)" if image.created else ""),
        ("architecture", image.architecture),
        ("boot mode", image.boot_mode or "not said: legacy BIOS"),
        ("drivers", _drivers(image)),
        ("metadata", f"tokens required ({image.imds})" if image.imds else ""),
        ("TPM", image.tpm),
        ("platform", f"{image.platform_details} ({image.usage_operation})"),
        ("disks", "\n".join(map(_disk_line, image.mappings))),
        ("labels", ", ".join(labels_of(image))),
        ("used by", "\n".join(row.users.lines) or "nobody here"),
        ("shared with", holders_text(row.holders) or "nobody"),
        (
            "out of date",
            f"{row.deprecated} ({format_time(image.deprecates)})" if image.deprecates else "never",
        ),
        ("copy of", f"{image.source_image} in {image.source_region}" if image.source_image else ""),
        ("owner", image.owner),
        ("tags", ", ".join(f"{key}={value}" for key, value in sorted(image.tags.items()))),
    ]
    return [(label, text) for label, text in pairs if text]


def _drivers(image: Image) -> str:
    return ", ".join(
        [image.virtualization, "ENA" if image.ena else "no ENA", *(["SR-IOV"] if image.sriov else [])]
    )


def _disk_line(disk: Disk) -> str:
    if disk.virtual_name:
        return f"{disk.device}  {disk.virtual_name}"
    source = disk.snapshot or "empty"
    words = [disk.device, source, f"{disk.size_gib} GiB", disk.type, "encrypted" if disk.encrypted else ""]
    return "  ".join(word for word in words if word)
