"""Snapshots: they take time, may fail, and remember the volume as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
from moto.ec2.utils import random_snapshot_id

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.blocks import Disk, disk_of
from ec2kit.sandbox.rules.lookup import backend_of
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.resources import not_found, require
from ec2kit.sandbox.world import current

COPY_VOLUME = "vol-ffffffff"
"""The volume that a copy names: "an arbitrary volume ID" (API Reference, CopySnapshot)."""


@dataclass(frozen=True)
class VolumeThen:
    """What a snapshot remembers of its volume: the volume may grow, or go, and the snapshot stays as it is."""

    id: str
    size: int
    encrypted: bool
    kms_key_id: str | None
    disk: Disk | None = None


@dataclass(frozen=True)
class Course:
    """From when to when a snapshot is pending, and whether it then ends in error."""

    begin: datetime
    end: datetime
    fails: bool

    @classmethod
    def of(cls, size_gib: int, *ids: str) -> "Course":
        """Given a size and the ids by which it may be made to fail, return the course of a snapshot begun now."""
        world = current()
        begin = world.clock.now()
        seconds = world.delays.snapshot + world.delays.snapshot_per_gib * size_gib
        return cls(begin, begin + timedelta(seconds=seconds), world.conditions.snapshot_fails(*ids))


class TimedSnapshot(Snapshot):
    """A snapshot whose state and progress follow from its course and the time."""

    def __init__(
        self, backend: Any, snapshot_id: str, then: VolumeThen, description: str | None, course: Course
    ) -> None:
        super().__init__(
            backend,
            snapshot_id,
            then,
            description or "",
            encrypted=then.encrypted,
            kms_key_id=then.kms_key_id,
        )
        self.start_time = course.begin
        self.course = course

    @property
    def status(self) -> str:
        """`pending`, `completed` or `error`."""
        if now() < self.course.end:
            return "pending"
        return "error" if self.course.fails else "completed"

    @status.setter
    def status(self, _value: str) -> None:
        """moto calls every new snapshot completed; time says when it is."""

    @property
    def state(self) -> str:
        """The same, as the answer of CreateSnapshots names it."""
        return self.status

    @property
    def completion_time(self) -> datetime | None:
        """When it was completed, once it is."""
        return self.course.end if self.status == "completed" else None

    @property
    def progress(self) -> str:
        """How much is copied, as EC2 writes it: nothing at the very start, then whole per cents."""
        if self.status == "completed":
            return "100%"
        length = (self.course.end - self.course.begin).total_seconds()
        passed = (min(now(), self.course.end) - self.course.begin).total_seconds()
        # One that fails stops half way.
        share = passed / length * (0.5 if self.course.fails else 1) if length else 0
        return f"{min(99, int(100 * share))}%" if share else ""

    @property
    def state_message(self) -> str | None:
        """Why it failed, if it did."""
        return "Internal error" if self.status == "error" else None


def take(backend: Any, volume: Any, description: str | None, *also: str) -> Any:
    """Given a volume, begin a snapshot of it; `also` holds further ids by which it may be made to fail."""
    encrypted = bool(volume.encrypted)
    then = VolumeThen(volume.id, int(volume.size), encrypted, volume.kms_key_id, disk_of(volume))
    return begin(backend, then, description, volume.id, *also)


def begin(backend: Any, then: VolumeThen, description: str | None, *fails_with: str) -> Any:
    """Given what it is of, begin a snapshot and return it."""
    snapshot_id = random_snapshot_id()
    course = Course.of(then.size, snapshot_id, *fails_with)
    snapshot = backend.snapshots[snapshot_id] = TimedSnapshot(backend, snapshot_id, then, description, course)
    return snapshot


def usable(backend: Any, snapshot_id: str) -> Any:
    """Given an id, return the snapshot if a volume can be made of it.

    Raises InvalidSnapshot.NotFound, or IncorrectState while it is pending or once it has failed.
    """
    snapshot = require(backend, snapshot_id)
    if snapshot.status != "completed":
        raise refusal("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
    return snapshot


def images_on(backend: Any, snapshot_id: str) -> list[str]:
    """Given a snapshot, return the ids of the images that need it, disabled ones too."""
    return [
        image.id
        for image in backend.amis.values()
        if any(one.get("Ebs", {}).get("SnapshotId") == snapshot_id for one in image.block_device_mappings)
    ]


def _create_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def create_snapshot(self: Any, volume_id: str, description: str, *_owner: Any, **_named: Any) -> Any:
        volume = require(self, volume_id)
        if volume.status == "creating":
            raise refusal("IncorrectState", f"The volume '{volume_id}' is 'creating'")
        return take(self, volume, description)

    return create_snapshot


def _copy_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def copy_snapshot(
        self: Any,
        source_snapshot_id: str,
        source_region: str,
        description: str | None,
        kms_key_id: str | None,
    ) -> Any:
        source = usable(backend_of(self.account_id, source_region), source_snapshot_id)
        encrypted = source.encrypted or kms_key_id is not None
        key = kms_key_id or source.kms_key_id
        then = VolumeThen(COPY_VOLUME, source.volume_size, encrypted, key, disk_of(source))
        return begin(self, then, description, source.id)

    return copy_snapshot


def _get_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def get_snapshot(self: Any, snapshot_id: str) -> Any:
        snapshot = self.snapshots.get(snapshot_id)
        if snapshot is None:
            raise not_found(snapshot_id)
        return snapshot

    return get_snapshot


def _delete_snapshot(_original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_snapshot(self: Any, snapshot_id: str) -> Any:
        require(self, snapshot_id)
        users = images_on(self, snapshot_id)
        if users:
            raise refusal(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {users[0]}"
            )
        self.tags.pop(snapshot_id, None)
        return self.snapshots.pop(snapshot_id)

    return delete_snapshot


def install() -> None:
    """moto's snapshots are complete at once, grow with their volume, and can be deleted from under an image that
    was registered on them. EC2's are a point in time, pending while the data is copied, deletable then too, and
    refuse to go while an image (a disabled one too) needs them; a copy stays encrypted, takes no tags along and
    names an arbitrary volume (API Reference, CreateSnapshot, DeleteSnapshot, CopySnapshot)."""
    patching.replace(EBSBackend, "create_snapshot", _create_snapshot)
    patching.replace(EBSBackend, "copy_snapshot", _copy_snapshot)
    patching.replace(EBSBackend, "get_snapshot", _get_snapshot)
    patching.replace(EBSBackend, "delete_snapshot", _delete_snapshot)
