"""A disk in a file, as blocks: which may hold data, what is in each, and the checksums that AWS wants."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.errors import Ec2kitError, UsageError

ZEROS = bytes(BLOCK_BYTES)
GIB = 1 << 30


def digest_of(data: bytes) -> bytes:
    """The SHA-256 of a block."""
    return hashlib.sha256(data).digest()


def linear(digests: Mapping[int, bytes]) -> bytes:
    """Given the digests of blocks by index, return the SHA-256 over them in the order of the indexes, as bytes
    (CompleteSnapshot, ChecksumAggregationMethod LINEAR; that it is the bytes and not their base64: coldsnap)."""
    return hashlib.sha256(b"".join(digests[index] for index in sorted(digests))).digest()


def whole_gib(size_bytes: int) -> int:
    """Given a disk's size, return that of the smallest volume that holds it."""
    return max(1, -(-size_bytes // GIB))


class DiskFile:
    """A raw disk open for reading; safe for threads. Raises `UsageError` for what is no file, or an empty one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _unreadable(path, error) from error
        self._at_first = os.fstat(self._descriptor)
        self.size_bytes = self._at_first.st_size
        if not stat.S_ISREG(self._at_first.st_mode) or not self.size_bytes:
            self.close()
            raise UsageError(f"'{path}' is not a file with a disk in it", resource=str(path))

    @property
    def size_gib(self) -> int:
        """The size of the smallest volume that holds it."""
        return whole_gib(self.size_bytes)

    def extents(self) -> Iterator[range]:
        """The blocks that may hold data, as ranges of indexes in ascending order: holes are skipped without reading
        (lseek(2), SEEK_DATA); where the file system knows no holes, it is the whole file."""
        position, first = 0, 0
        while (begin := self._seek(position, os.SEEK_DATA)) < self.size_bytes:
            # No further than it was long at first: a file that grows meanwhile is told by `check_unchanged`.
            position = min(self._seek(begin, os.SEEK_HOLE), self.size_bytes)
            blocks = range(max(first, begin // BLOCK_BYTES), -(-position // BLOCK_BYTES))
            if blocks:
                yield blocks
                first = blocks.stop

    def read(self, index: int) -> bytes:
        """A whole block; what is beyond the end of the file is zeros."""
        data = b""
        try:
            while len(data) < BLOCK_BYTES:
                offset = index * BLOCK_BYTES + len(data)
                more = os.pread(self._descriptor, BLOCK_BYTES - len(data), offset)
                if not more:
                    break
                data += more
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return data if len(data) == BLOCK_BYTES else data.ljust(BLOCK_BYTES, b"\0")

    def data(self) -> Iterator[tuple[int, bytes]]:
        """Every block that is not all zeros, in order."""
        for extent in self.extents():
            for index in extent:
                block = self.read(index)
                if block != ZEROS:
                    yield index, block

    def check_unchanged(self) -> None:
        """Raise `Ec2kitError` when somebody wrote to it since it was opened."""
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self._at_first.st_mtime_ns):
            raise Ec2kitError(
                f"'{self.path}' was written to while it was read",
                hint="let whatever writes to it end, and run the same command again",
                resource=str(self.path),
            )

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> DiskFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _seek(self, position: int, whence: int) -> int:
        try:
            return os.lseek(self._descriptor, position, whence)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return self.size_bytes
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):
                return position if whence == os.SEEK_DATA else self.size_bytes
            raise _unreadable(self.path, error) from error


def _unreadable(path: Path, error: OSError) -> UsageError:
    why = (error.strerror or str(error)).lower()
    return UsageError(f"'{path}' cannot be read: {why}", resource=str(path))
