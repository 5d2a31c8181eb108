"""Streams as zstd frames of 4 MiB each, and back in bounded memory, whoever made the frames.

A frame depends on its 4 MiB and on nothing else, so what was compressed once is compressed to the same bytes again. A
frame of zeros is a hundred bytes or two; it is made once, and known by its bytes when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError, UsageError

if TYPE_CHECKING:
    import zstandard

FRAME_BYTES = 4 << 20
"""Of the stream: large enough to compress well, small enough for holes to be found."""
LEVEL = 3
"""zstd's own default: some 300 MiB/s on one core, faster than blocks come."""
LARGEST_WINDOW = 8 << 20
"""Memory that a frame may ask its reader for: twice what ours do, and what every zstd reader must have (RFC 8878,
3.1.1.1.2)."""
ZERO_FRAME = bytes(FRAME_BYTES)
MISSING = "bundles need the package zstandard"


def _library() -> type[zstandard.ZstdCompressor]:
    try:
        import zstandard
    except ImportError as error:
        raise UsageError(MISSING, hint="pip install 'ec2kit[images]'") from error
    return zstandard.ZstdCompressor


def is_zeros(data: bytes) -> bool:
    """Whether there is nothing but zeros in it."""
    return data is ZERO_FRAME or data == (ZERO_FRAME if len(data) == FRAME_BYTES else bytes(len(data)))


class Compressor:
    """Makes frames; one for each thread. Raises `UsageError` where zstandard is not installed."""

    def __init__(self) -> None:
        self._zstd = _library()(level=LEVEL, write_checksum=True, write_content_size=True)

    def frame(self, data: bytes) -> bytes:
        """Given up to 4 MiB, return them as one frame with zstd's own checksum in it."""
        return zeros() if len(data) == FRAME_BYTES and is_zeros(data) else self._zstd.compress(data)


@cache
def zeros() -> bytes:
    """The frame of 4 MiB of zeros."""
    return _library()(level=LEVEL, write_checksum=True, write_content_size=True).compress(ZERO_FRAME)


def expand(data: bytes, raw_size: int) -> Iterator[bytes]:
    """Given whole frames and how much is in them, yield that in pieces of at most 4 MiB.

    Our own frames of zeros are yielded as the one `ZERO_FRAME`. Raises `Ec2kitError` for what is no
    zstd, asks for more memory than it may, or holds more or less than it should, after no more than a piece beyond.
    """
    left = raw_size
    for piece in _pieces(data):
        left -= len(piece)
        if left < 0:
            break
        yield piece
    if left:
        held = "more" if left < 0 else f"{left} fewer"
        raise Ec2kitError(f"the data are damaged: of {raw_size} bytes there are {held}")


def _pieces(data: bytes) -> Iterator[bytes]:
    for place, run in enumerate(data.split(zeros())):
        if place:
            yield ZERO_FRAME
        if run:
            yield from _expanded(run)


def _expanded(run: bytes) -> Iterator[bytes]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(
        run, read_across_frames=True
    )
    try:
        while piece := reader.read(FRAME_BYTES):
            yield piece
    except zstandard.ZstdError as error:
        raise Ec2kitError(f"the data are damaged: {error}") from error
