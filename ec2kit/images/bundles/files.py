"""A bundle's contents as files here: raw disks, sparse, and directories; each sum is held against the manifest's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ec2kit.blocks.log import BlockLog
from ec2kit.errors import Busy
from ec2kit.host.feeding import feed
from ec2kit.host.files import NoRoom, is_file, opened_at_size, storing_disk
from ec2kit.host.locks import FileLock
from ec2kit.images.bundles.manifest import GIB, Content, Manifest, untar
from ec2kit.images.bundles.places import Shelf
from ec2kit.images.bundles.verifying import Reading
from ec2kit.objects import reading
from ec2kit.objects.frames import FRAME_BYTES, ZERO_FRAME, is_zeros
from ec2kit.objects.making import DiskSum, StreamSum

TAR_SECONDS = 600.0
"""After the last byte tar only sets the times of directories."""


@dataclass(frozen=True)
class Source:
    """A bundle, and how it is read."""

    how: Reading
    shelf: Shelf
    manifest: Manifest

    @property
    def mark(self) -> str:
        """What this bundle's unfinished files are called by, so that no other one goes on with them."""
        text = (
            f"{self.shelf.url(self.manifest.name)} {[each.facts.sha256 for each in self.manifest.contents]}"
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def stored(self, content: Content) -> reading.Stored:
        """An object of it."""
        return self.how.stored(self.shelf, self.manifest.name, content)


def fetch_volume(source: Source, pieces: Sequence[Content], target: Path) -> None:
    """Write a volume to `target`, a sparse raw disk; one that is there already with the right sums stays as it is.

    Goes on where a killed process stopped; the file gets its name when it is whole and its sum is right. Raises
    `Busy` while another process writes it, `Damaged`, `Ec2kitError` when the disk is full.
    """
    partial = target.with_name(f"{target.name}.{source.mark}.partial")
    log_path = partial.with_suffix(".parts")
    with FileLock(partial.with_suffix(".lock")).hold() as ours:
        if not ours:
            raise Busy(f"'{target}' is being written by another process", resource=str(target))
        size = sum(piece.size_gib for piece in pieces) * GIB
        if _is_right(target, size, pieces):
            return
        try:
            with opened_at_size(partial, size) as descriptor:
                _fill(source, pieces, descriptor, log_path)
                wrong = _wrong(pieces, descriptor)
        except NoRoom:
            for path in (partial, log_path):
                path.unlink(missing_ok=True)
            raise
        if wrong:
            for path in (partial, log_path):
                path.unlink(missing_ok=True)
            stored = source.stored(next(each for each in pieces if each.name == wrong))
            raise stored.damaged(f"the content of '{wrong}' is not what it was")
        with storing_disk(target):
            partial.replace(target)
            log_path.unlink(missing_ok=True)


def _fill(source: Source, pieces: Sequence[Content], descriptor: int, log_path: Path) -> None:
    log = BlockLog(log_path)
    try:
        first = 0
        for piece in pieces:
            sums = {number: part.sha256 for number, part in enumerate(piece.facts.parts, 1)}
            done = {
                number
                for number, sha256 in sums.items()
                if log.digests.get(first + number, b"").hex() == sha256
            }
            for each in reading.read(source.stored(piece), done):
                at = piece.first_gib * GIB + each.offset
                for data in each.expanded():
                    _write(descriptor, at, data, log_path)
                    at += len(data)
                log.note(first + each.number, bytes.fromhex(each.part.sha256))
            first += len(sums)
    finally:
        log.close()


def _write(descriptor: int, at: int, data: bytes, path: Path) -> None:
    """Zeros are left a hole: the file began as one."""
    if is_zeros(data):
        return
    rest = memoryview(data)
    with storing_disk(path):
        while rest:
            done = os.pwrite(descriptor, rest, at)
            rest, at = rest[done:], at + done


def _is_right(target: Path, size: int, pieces: Sequence[Content]) -> bool:
    if target.is_symlink() or not is_file(target) or target.stat().st_size != size:
        return False
    with target.open("rb") as file:
        return not _wrong(pieces, file.fileno())


def _wrong(pieces: Sequence[Content], descriptor: int) -> str:
    """Sum up what is in a file; the name of the first piece that is not what it was, or empty."""
    for piece in pieces:
        total = DiskSum()
        for frame in _frames(descriptor, piece.first_gib * GIB, piece.size_gib * GIB):
            total.add(frame)
        if total.hex() != piece.facts.content_sha256:
            return piece.name
    return ""


def _frames(descriptor: int, start: int, length: int) -> Iterator[bytes]:
    """The 4 MiB after one another; those in a hole are not read."""
    data = start
    for at in range(start, start + length, FRAME_BYTES):
        if data < at + FRAME_BYTES and data <= at:
            data = _next_data(descriptor, at)
        yield ZERO_FRAME if data >= at + FRAME_BYTES else os.pread(descriptor, FRAME_BYTES, at)


def _next_data(descriptor: int, at: int) -> int:
    try:
        return os.lseek(descriptor, at, os.SEEK_DATA)
    except OSError:
        return os.fstat(descriptor).st_size


def unpack(source: Source, content: Content, directory: Path) -> None:
    """Unpack directories into one that is there; each part is checked before tar sees it.

    GNU tar goes nowhere else: it takes a leading slash off names, and refuses those with `..` in them. Raises
    `Damaged`, `ProcessFailed` with what tar says.
    """
    total, stored = StreamSum(), source.stored(content)
    with feed(untar(str(directory)), TAR_SECONDS) as tar:
        for each in reading.read(stored):
            for data in each.expanded():
                total.add(data)
                tar.write(data)
        if total.hex() != content.facts.content_sha256:
            raise stored.damaged(f"the content of '{content.name}' is not what it was")
