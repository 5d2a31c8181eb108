"""Raw disk images as files: their blocks that are not zeros, and a sparse file made of such blocks."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ec2kit.sandbox.block_files import BLOCK_BYTES, ZEROS

GIB = 1024**3


def blocks_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Given a raw image, yield the index and the bytes of each block that is not all zeros; the last is padded.

    Holes are jumped over, so that a sparse image costs what is in it.
    """
    with path.open("rb", buffering=0) as file:
        offset = 0
        while (offset := _data(file.fileno(), offset)) >= 0:
            index = offset // BLOCK_BYTES
            data = os.pread(file.fileno(), BLOCK_BYTES, index * BLOCK_BYTES)
            if not data:
                return
            data = data.ljust(BLOCK_BYTES, b"\0")
            if data != ZEROS:
                yield index, data
            offset = (index + 1) * BLOCK_BYTES


def _data(descriptor: int, offset: int) -> int:
    """Where the next data are, or -1 when only a hole follows."""
    try:
        return os.lseek(descriptor, offset, os.SEEK_DATA)
    except OSError:
        return -1


def write_sparse(path: Path, size_gib: int, blocks: Iterable[tuple[int, bytes]]) -> None:
    """Make a raw image of whole GiB in which only `blocks` take room. Raises OSError."""
    with path.open("wb", buffering=0) as file:
        file.truncate(size_gib * GIB)
        for index, data in blocks:
            os.pwrite(file.fileno(), data, index * BLOCK_BYTES)
