"""A directory of one piece of work, removed with it; what a killed one left there is removed by the next."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ec2kit.host.files import SCRATCH_ELSEWHERE, storing
from ec2kit.host.locks import FileLock

LOCK = ".lock"
NAME_BYTES = 6
"""The path of a socket in it has 107 bytes at most (unix(7))."""


@contextmanager
def workplace(kind: str, parent: Path, elsewhere: str = SCRATCH_ELSEWHERE) -> Iterator[Path]:
    """A new private directory below `parent` for the block, named `KIND-…`. Raises `Ec2kitError`, whose hint says where
    `elsewhere` it could be.

    The lock is there before the directory, so nobody takes a living one for a leftover.
    """
    sweep(kind, parent)
    directory = parent / f"{kind}-{secrets.token_hex(NAME_BYTES)}"
    with FileLock(directory.with_name(directory.name + LOCK), elsewhere).hold():
        try:
            with storing(directory, elsewhere):
                directory.mkdir(mode=0o700)
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def left_behind(kind: str, parent: Path) -> list[Path]:
    """The directories of this kind that killed processes of ours have left below `parent`."""
    names = {path.name.removesuffix(LOCK) for path in parent.glob(f"{kind}-*") if _is_ours(path)}
    return [parent / name for name in sorted(names) if not FileLock(parent / f"{name}{LOCK}").is_held()]


def sweep(kind: str, parent: Path) -> None:
    """Remove them."""
    for directory in left_behind(kind, parent):
        remove(directory)


def remove(directory: Path) -> None:
    """Remove one, with its lock's file, unless somebody has it."""
    with FileLock(directory.with_name(directory.name + LOCK)).hold() as free:
        if free:
            shutil.rmtree(directory, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return path.lstat().st_uid == os.getuid()
    return False
