"""Snapshots that are written block by block: open until completed, cancelled when nobody writes for too long."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from moto.ec2.utils import random_snapshot_id

from ec2kit.sandbox.rules.blocks import disk_of
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.snapshots import COPY_VOLUME, Course, TimedSnapshot, VolumeThen

TIMEOUT_MINUTES = 60
LEAST_TIMEOUT, MOST_TIMEOUT = 10, 4320
"""API Reference, StartSnapshot, parameter Timeout."""


@dataclass
class Upload:
    """What was written since StartSnapshot, and until when the next block must come."""

    timeout: timedelta
    touched: datetime
    parent: str | None = None
    written: dict[int, bytes] = field(default_factory=dict)
    progress: int = 0

    @property
    def expires(self) -> datetime:
        """When it is cancelled if nothing more comes."""
        return self.touched + self.timeout


class DirectSnapshot(TimedSnapshot):
    """A snapshot of the EBS direct APIs: its course begins when it is completed."""

    def __init__(self, backend: Any, then: VolumeThen, description: str | None, upload: Upload) -> None:
        begin = now()
        super().__init__(backend, random_snapshot_id(), then, description, Course(begin, begin, fails=False))
        self.upload: Upload | None = upload
        self.parent_snapshot_id = upload.parent

    @property
    def status(self) -> str:
        """`pending` while it is written and while EBS stores it; `error` when it was cancelled."""
        if self.upload is None:
            return super().status
        return "error" if now() >= self.upload.expires else "pending"

    @status.setter
    def status(self, _value: str) -> None:
        """moto calls every new snapshot completed."""

    @property
    def progress(self) -> str:
        """What the writer said of its progress, then that of storing it."""
        return super().progress if self.upload is None else f"{self.upload.progress}%"

    @property
    def state_message(self) -> str | None:
        """Why it failed, if it did."""
        if self.upload is None:
            return super().state_message
        return "Snapshot creation timed out" if self.status == "error" else None

    def seal(self) -> None:
        """Take no more blocks; from now on it takes the time that snapshots take."""
        if self.upload is None:
            return
        then: VolumeThen = self.__dict__["volume"]
        self.volume = replace(then, disk=disk_of(self).written(self.upload.written))
        self.course = Course.of(int(self.volume_size), self.id)
        self.upload = None


def open_upload(backend: Any, then: VolumeThen, description: str | None, upload: Upload) -> DirectSnapshot:
    """Given what a new snapshot is to be of, make it and put it among the others."""
    snapshot = DirectSnapshot(backend, replace(then, id=COPY_VOLUME), description, upload)
    backend.snapshots[snapshot.id] = snapshot
    return snapshot
