"""The directory of one run, with its sockets; what a killed run left there is removed by the next."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ec2kit.host.files import storing
from ec2kit.host.locks import FileLock

PREFIX = "ec2kit-appliance-"
LOCK = ".lock"


@contextmanager
def workplace(secret: str, parent: Path | None = None) -> Iterator[Path]:
    """A new private directory for the block; short enough for sockets. Raises `Ec2kitError`.

    The lock is there before the directory, so nobody takes a living one for a leftover.
    """
    parent = parent or Path(tempfile.gettempdir())
    _sweep(parent)
    directory = parent / f"{PREFIX}{secret[:12]}"
    with FileLock(directory.with_name(directory.name + LOCK)).hold():
        try:
            with storing(directory):
                directory.mkdir(mode=0o700)
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for name in {path.name.removesuffix(LOCK) for path in parent.glob(f"{PREFIX}*") if _is_ours(path)}:
        with FileLock(parent / f"{name}{LOCK}").hold() as free:
            if free:
                shutil.rmtree(parent / name, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return path.lstat().st_uid == os.getuid()
    return False
