"""Disks that are full: told as that, whatever the program says that could not write."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ec2kit.host.files import BIG_ELSEWHERE, NoRoom
from ec2kit.host.processes import ProcessFailed

MIB = 1 << 20
SAYINGS = ("no space left on device", "disk quota exceeded", "file too large")
"""strerror(3) of ENOSPC, EDQUOT and EFBIG."""


@contextmanager
def filling(directory: Path, needed_bytes: int) -> Iterator[None]:
    """While the block has programs write about so much below the directory, turn their failures into `NoRoom` when
    its disk is full: some say no more than that they wrote too little."""
    try:
        yield
    except ProcessFailed as error:
        if any(each in error.message.lower() for each in SAYINGS) or _free(directory) < MIB:
            raise NoRoom(
                f"there is no space left in '{directory}'",
                hint=f"free about {-(-needed_bytes // MIB):,} MiB there, or {BIG_ELSEWHERE}",
                resource=str(directory),
            ) from error
        raise


def _free(directory: Path) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return MIB
