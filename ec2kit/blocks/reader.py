"""A completed snapshot as a disk that can be read anywhere, without a volume or an instance."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ec2kit.aws.blocks import BLOCK_BYTES, Listed
from ec2kit.blocks.data import GIB, ZEROS

if TYPE_CHECKING:
    from ec2kit.aws.blocks import Blocks

KEPT = 64
"""Blocks that are kept: 32 MiB, enough for a file system's tables, which are asked for again and again."""


class SnapshotReader:
    """Random access by offset in bytes; safe for threads. Lists the blocks once, when it is made.

    Raises `NotFound`, and `AwsRefused` for a snapshot that is not completed.
    """

    def __init__(self, blocks: Blocks, snapshot: str, kept: int = KEPT) -> None:
        self.snapshot = snapshot
        self.listed: Listed = blocks.listed(snapshot)
        self.size_bytes = self.listed.size_gib * GIB
        self._blocks = blocks
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._room = kept
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on; fewer than `length` only at the end of the disk."""
        end = min(offset + length, self.size_bytes)
        if offset >= end:
            return b""
        first, last = offset // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        if first == last:
            begin = offset - first * BLOCK_BYTES
            return self.block(first)[begin : begin + end - offset]
        whole = b"".join(map(self.block, range(first, last + 1)))
        return whole[offset - first * BLOCK_BYTES :][: end - offset]

    def block(self, index: int) -> bytes:
        """One whole block; zeros where the snapshot has none."""
        token = self.listed.tokens.get(index)
        if token is None:
            return ZEROS
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        # Outside the lock: two who want the same block at once both get it, which does no harm.
        data = self._blocks.get(self.snapshot, index, token)
        with self._lock:
            self._kept[index] = data
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return data
