"""Snapshots read at random, carried down, and held against a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.aws import Aws
from ec2kit.aws.blocks import BLOCK_BYTES, Changed
from ec2kit.blocks.crew import Crew
from ec2kit.blocks.data import GIB, ZEROS, DiskFile
from ec2kit.blocks.download import Beside, download
from ec2kit.blocks.log import BlockLog
from ec2kit.blocks.reader import SnapshotReader
from ec2kit.blocks.verify import Different, Thoroughness, sample, verify
from ec2kit.errors import AwsRefused, Busy, Ec2kitError, NotFound
from ec2kit.host.locks import FileLock
from ec2kit.model.ids import SnapshotId
from tests.blocks.disks import disk_of, filled, make_disk, uploaded
from tests.support.connecting import connected
from tests.support.inprocess import InProcess

PLACES = (0, 1, 5, 40, 2047)
ONE = Crew(1)


class Ground:
    """A snapshot with a few blocks in it."""

    def __init__(self) -> None:
        self.sandbox = InProcess()
        self.aws: Aws = connected(self.sandbox)
        self.snapshot: SnapshotId = uploaded(self.sandbox, {index: filled(index) for index in PLACES})

    def gets(self) -> int:
        """How many blocks were fetched since the last look."""
        number = sum(call.action == "GetSnapshotBlock" for call in self.sandbox.app.calls)
        self.sandbox.app.calls.clear()
        return number


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground()


@pytest.fixture(scope="module")
def reader(ground: Ground) -> SnapshotReader:
    return SnapshotReader(ground.aws.blocks, ground.snapshot, kept=2)


def expected(offset: int, length: int) -> bytes:
    blocks = range(offset // BLOCK_BYTES, (offset + length) // BLOCK_BYTES + 1)
    whole = b"".join(filled(index) if index in PLACES else ZEROS for index in blocks)
    return whole[offset % BLOCK_BYTES :][: max(0, min(length, GIB - offset))]


@given(
    st.sampled_from([0, BLOCK_BYTES, 5 * BLOCK_BYTES, 40 * BLOCK_BYTES, GIB]),
    st.integers(-600_000, 600_000),
    st.integers(0, 2 * BLOCK_BYTES),
)
@settings(max_examples=60, deadline=None)
def test_it_reads_any_bytes(reader: SnapshotReader, near: int, off: int, length: int) -> None:
    offset = max(0, near + off)
    assert reader.read(offset, length) == expected(offset, length)


def test_the_end_of_the_disk_is_the_end(reader: SnapshotReader) -> None:
    assert reader.size_bytes == GIB
    assert reader.read(GIB - 3, 10) == filled(2047)[-3:]
    assert reader.read(GIB, 10) == b""


def test_what_was_read_lately_is_not_fetched_again_and_zeros_never(ground: Ground) -> None:
    reader = SnapshotReader(ground.aws.blocks, ground.snapshot, kept=2)
    ground.gets()
    for index in (0, 0, 1, 0, 3, 1):
        reader.block(index)
    assert ground.gets() == 2
    for index in (5, 40, 0):
        reader.block(index)
    assert ground.gets() == 3


def test_a_snapshot_that_is_not_there_or_not_complete_is_an_error(ground: Ground) -> None:
    from ec2kit.aws.blocks import NewSnapshot

    with pytest.raises(NotFound):
        SnapshotReader(ground.aws.blocks, "snap-0123456789abcdef0")
    pending = ground.aws.blocks.start(NewSnapshot(1), "token")
    ground.sandbox.tick(60)
    with pytest.raises(AwsRefused, match="not completed"):
        SnapshotReader(ground.aws.blocks, pending)


def test_changed_blocks_are_those_written_and_those_gone(ground: Ground) -> None:
    from ec2kit.aws.blocks import NewSnapshot
    from ec2kit.blocks.data import digest_of, linear

    blocks = ground.aws.blocks
    child = blocks.start(NewSnapshot(1, parent=ground.snapshot), "child")
    written = {1: filled(7), 3: filled(3)}
    for index, data in written.items():
        blocks.put(child, index, data, digest_of(data))
    blocks.complete(child, 2, linear({index: digest_of(data) for index, data in written.items()}))
    ground.sandbox.tick(3600)
    changed = blocks.changed(ground.snapshot, child)
    assert [each.index for each in changed] == [1, 3]
    assert isinstance(changed[0], Changed)
    assert (changed[1].first_token, bool(changed[1].second_token)) == ("", True)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_download_is_sparse_and_the_same(ground: Ground, tmp_path: Path, workers: int) -> None:
    target = tmp_path / "disk.raw"
    assert download(ground.aws.blocks, ground.snapshot, target, Crew(workers)) == len(PLACES)
    assert [each.name for each in tmp_path.iterdir()] == ["disk.raw"]
    assert target.stat().st_size == GIB
    assert target.stat().st_blocks * 512 < 2 * len(PLACES) * BLOCK_BYTES
    with DiskFile(target) as disk:
        assert dict(disk.data()) == {index: filled(index) for index in PLACES}


class Cut(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("number", range(1, len(PLACES) + 1))
def test_a_killed_download_goes_on_and_fetches_nothing_twice(
    ground: Ground, tmp_path: Path, number: int
) -> None:
    target, seen = tmp_path / "disk.raw", list[int]()

    def check() -> None:
        seen.append(1)
        if len(seen) > number:
            raise Cut

    with pytest.raises(Cut):
        download(ground.aws.blocks, ground.snapshot, target, Crew(1, check))
    assert not target.exists()
    ground.gets()
    download(ground.aws.blocks, ground.snapshot, target, ONE)
    assert ground.gets() == len(PLACES) - number
    with DiskFile(target) as disk, FileLock(tmp_path / "x").hold():
        assert dict(disk.data()) == {index: filled(index) for index in PLACES}


def test_what_the_log_says_and_the_file_has_not_is_fetched_again(ground: Ground, tmp_path: Path) -> None:
    target = tmp_path / "disk.raw"
    beside = Beside(target, ground.snapshot)
    log = BlockLog(beside.log)
    for index in PLACES:
        log.note(index, b"\1" * 32)
    log.close()
    make_disk(beside.partial, {0: filled(99), 700: filled(700)}, 2048)
    beside.partial.unlink()
    download(ground.aws.blocks, ground.snapshot, target, ONE)
    with DiskFile(target) as disk:
        assert dict(disk.data()) == {index: filled(index) for index in PLACES}


def test_two_do_not_write_one_file(ground: Ground, tmp_path: Path) -> None:
    target = tmp_path / "disk.raw"
    with FileLock(Beside(target, ground.snapshot).lock).hold(), pytest.raises(Busy):
        download(ground.aws.blocks, ground.snapshot, target, ONE)


@pytest.mark.parametrize("how", list(Thoroughness))
def test_a_snapshot_of_the_file_is_verified(ground: Ground, tmp_path: Path, how: Thoroughness) -> None:
    with DiskFile(disk_of(tmp_path / "disk", PLACES)) as disk:
        verified = verify(ground.aws.blocks, ground.snapshot, disk, how, ONE)
    assert (verified.blocks, verified.read) == (len(PLACES), len(PLACES))


@pytest.mark.parametrize(
    "blocks, says",
    [
        (
            {0: filled(0), 1: filled(1), 5: filled(6), 40: filled(40), 2047: filled(2047)},
            "1 blocks differ: 5",
        ),
        ({**{index: filled(index) for index in PLACES}, 9: filled(9)}, "1 blocks are not in it: 9"),
        ({0: filled(0), 1: filled(1), 40: filled(40), 2047: filled(2047)}, "1 blocks differ: 5"),
        ({0: filled(0), 1: filled(1), 5: filled(5)}, "2 blocks differ: 40, 2047"),
    ],
)
def test_what_differs_is_named(ground: Ground, tmp_path: Path, blocks: dict[int, bytes], says: str) -> None:
    with DiskFile(make_disk(tmp_path / "disk", blocks)) as disk, pytest.raises(Different, match=says):
        verify(ground.aws.blocks, ground.snapshot, disk, Thoroughness.FULL, ONE)


@given(st.sets(st.integers(0, 5000), max_size=400).map(sorted), st.text(max_size=5))
def test_a_sample_has_the_ends_a_share_and_is_the_same_again(indexes: list[int], seed: str) -> None:
    chosen = sample(indexes, seed)
    assert chosen == sample(indexes, seed) == sorted(set(chosen))
    assert set(chosen) <= set(indexes)
    assert {*indexes[:1], *indexes[-1:]} <= set(chosen)
    assert len(chosen) >= min(len(indexes), 16)


def test_a_file_that_cannot_be_written_is_an_error(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Ec2kitError, match="cannot be written"):
        download(ground.aws.blocks, ground.snapshot, tmp_path / "file" / "disk.raw", ONE)
