"""Files of our own: written whole or not at all, private, and with errors that say what to do."""

from __future__ import annotations

import errno
import glob
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from ec2kit.errors import Ec2kitError, UsageError

PRIVATE_DIRECTORY, PRIVATE_FILE = 0o700, 0o600
"""Only for whoever runs ec2kit: the journal tells what was done where."""
SHARED_DIRECTORY, SHARED_FILE = 0o2770, 0o660
"""For root and a group; the set-group-id bit gives every file in it to the group."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ACCESS = (errno.EACCES, errno.EPERM)


STATE_ELSEWHERE = "set EC2KIT_STATE_DIR to another directory"
CACHE_ELSEWHERE = "set EC2KIT_CACHE_DIR to another directory"
SCRATCH_ELSEWHERE = "set TMPDIR to another directory"
BIG_ELSEWHERE = "have it written elsewhere: name another FILE, or set EC2KIT_CACHE_DIR"
"""For disks: those that a person asked for, and those that are ours."""


class NoRoom(Ec2kitError):
    """A file system has no space left."""


def storage_error(error: OSError, path: Path, elsewhere: str = STATE_ELSEWHERE) -> Ec2kitError:
    """Given what the system said of one of our own files, return the error that a person is shown."""
    directory = path if is_directory(path) else path.parent
    why, mend = f"{error.strerror or error}", f"look at '{directory}', or {elsewhere}"
    if error.errno in _NO_ROOM:
        mend = f"free some space in '{directory}', or {elsewhere}"
        return NoRoom(f"'{path}' cannot be written: no space left", hint=mend, resource=str(path))
    if error.errno == errno.EROFS:
        why, mend = "the file system is read-only", elsewhere
    elif error.errno in _NO_ACCESS:
        why, mend = "permission denied", f"run as the owner of '{directory}', or {elsewhere}"
    return Ec2kitError(f"'{path}' cannot be written: {why}", hint=mend, resource=str(path))


@contextmanager
def storing(path: Path, elsewhere: str = STATE_ELSEWHERE) -> Iterator[None]:
    """Turn the system's errors about one of our own files into `Ec2kitError`s; the hint says where else it could be."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path, elsewhere) from error


def storing_disk(path: Path) -> AbstractContextManager[None]:
    """`storing` for a file as large as a disk."""
    return storing(path, BIG_ELSEWHERE)


def ensure_directory(path: Path, mode: int = PRIVATE_DIRECTORY, elsewhere: str = STATE_ELSEWHERE) -> Path:
    """Make the directory, with `mode` whatever the umask, and its parents; one that exists stays as it is.

    A new directory in one that its group may write to is for the group too. Raises `Ec2kitError`, whose hint says
    where `elsewhere` it could be.
    """
    if is_directory(path):
        return path
    with storing(path, elsewhere):
        if not is_directory(path.parent):
            ensure_directory(path.parent, mode, elsewhere)
        if is_shared(path.parent):
            mode = SHARED_DIRECTORY
        with suppress(FileExistsError):
            path.mkdir(mode=PRIVATE_DIRECTORY)
            path.chmod(mode)
        if not is_directory(path):
            raise NotADirectoryError(errno.ENOTDIR, "not a directory", str(path))
    return path


def is_directory(path: Path) -> bool:
    """Whether it is a directory, as far as we may look: pathlib raises below somebody's private directory."""
    with suppress(PermissionError):
        return path.is_dir()
    return False


def is_file(path: Path) -> bool:
    """Whether it is a file, as far as we may look."""
    with suppress(PermissionError):
        return path.is_file()
    return False


def is_shared(directory: Path) -> bool:
    """Whether the directory belongs to a group whose members write in it (set-group-id, group-writable)."""
    with suppress(OSError):
        mode = directory.stat().st_mode
        return bool(mode & stat.S_ISGID) and bool(mode & stat.S_IWGRP)
    return False


def file_mode(directory: Path) -> int:
    """The mode of our files in this directory."""
    return SHARED_FILE if is_shared(directory) else PRIVATE_FILE


def ensure_file(path: Path, elsewhere: str = STATE_ELSEWHERE) -> None:
    """Make an empty file for us alone (or the directory's group) when there is none; raises `Ec2kitError`."""
    ensure_directory(path.parent, elsewhere=elsewhere)
    with storing(path, elsewhere), suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            os.fchmod(descriptor, file_mode(path.parent))
        finally:
            os.close(descriptor)


@contextmanager
def opened_at_size(path: Path, size_bytes: int) -> Iterator[int]:
    """The file's descriptor for reading and writing, as long as that; a new one is nothing but a hole."""
    ensure_file(path)
    with storing_disk(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        with storing_disk(path):
            os.ftruncate(descriptor, size_bytes)
        yield descriptor
        with storing_disk(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def atomic_write(path: Path, data: bytes) -> None:
    """Replace the file by `data` so that a reader, and a machine that loses power, see the old or the new.

    Raises `Ec2kitError`; the old file is then untouched and no other is left behind.
    """
    directory = ensure_directory(path.parent)
    with storing(path):
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=directory)
        try:
            with os.fdopen(descriptor, "wb") as new:
                new.write(data)
                new.flush()
                os.fchmod(descriptor, file_mode(directory))
                os.fsync(descriptor)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_directory(directory)


def sweep_writes(path: Path) -> None:
    """Remove what killed processes left of their `atomic_write`s of this file; for whoever keeps other writers out."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with suppress(OSError):
            left.unlink()


def _sync_directory(directory: Path) -> None:
    """The new name lasts only when the directory is on the disk as well (fsync(2))."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_text(path: Path) -> str:
    """The text of a file that a person named or wrote; raises `UsageError` when there is none or it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"there is no file '{path}'", resource=str(path)) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"'{path}' is not text in UTF-8", resource=str(path)) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"'{path}' cannot be read: {why}", resource=str(path)) from error
