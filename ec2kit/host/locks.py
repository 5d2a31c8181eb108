"""Locks that end with the process that holds them, however it ends.

They are open file description locks (fcntl(2), F_OFD_SETLK): like flock they belong to the open file and go
with it, and unlike flock they can be asked about without taking them, so looking never makes anybody busy.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ec2kit.host.files import STATE_ELSEWHERE, ensure_file, storage_error, storing

_STRUCT_FLOCK = "hhqqi0q"
"""type, whence, start, length, pid, as struct flock of fcntl(2) with 64-bit offsets; native alignment."""


@dataclass(frozen=True)
class Holder:
    """Who wrote itself into a lock file: a process id of this machine."""

    pid: int


class FileLock:
    """A lock on a file of its own, which is there only while somebody holds it.

    Two objects on one path exclude each other in one process too. Not to be held across a fork without exec.
    """

    def __init__(self, path: Path, elsewhere: str = STATE_ELSEWHERE) -> None:
        """`elsewhere` is what to do where it cannot be written, for the hint."""
        self.path = path
        self._elsewhere = elsewhere
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock at once or return False, also when this object has it; raises `Ec2kitError`."""
        if self._descriptor is not None:
            return False
        with storing(self.path, self._elsewhere):
            while True:
                taken = self._try()
                if taken is not None:
                    return taken

    def _try(self) -> bool | None:
        """One try; None when another process removed the file under it."""
        ensure_file(self.path, self._elsewhere)
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with ExitStack() as undo:
            undo.callback(os.close, descriptor)
            if not _take(descriptor):
                return False
            if not _is_still_at(descriptor, self.path):
                return None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            self._descriptor = descriptor
            undo.pop_all()
        return True

    def release(self) -> None:
        """Give the lock back and remove its file; harmless when it is not held."""
        if self._descriptor is None:
            return
        # Removed while still locked: whoever opened it meanwhile finds it gone and opens a new one.
        with suppress(OSError):
            self.path.unlink()
        os.close(self._descriptor)
        self._descriptor = None

    def is_held(self) -> bool:
        """Whether a living process holds it, this object included; takes nothing and makes no file."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_error(error, self.path) from error
        try:
            request = struct.pack(_STRUCT_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            answer: bytes = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, request)
        finally:
            os.close(descriptor)
        return bool(struct.unpack(_STRUCT_FLOCK, answer)[0] != fcntl.F_UNLCK)

    def holder(self) -> Holder | None:
        """The living process that holds it, as far as it has written itself down."""
        if not self.is_held():
            return None
        with suppress(OSError, ValueError):
            return Holder(int(self.path.read_text(encoding="ascii")))
        return None

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold it while the block runs; yields False, and changes nothing, when somebody living has it."""
        taken = self.acquire()
        try:
            yield taken
        finally:
            if taken:
                self.release()


def _take(descriptor: int) -> bool:
    request = struct.pack(_STRUCT_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, request)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _is_still_at(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
