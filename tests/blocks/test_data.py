"""A file as blocks: which may hold data, what is in each, and AWS's sum over them."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.blocks.data import GIB, ZEROS, DiskFile, digest_of, linear, whole_gib
from ec2kit.errors import Ec2kitError, UsageError
from tests.blocks.disks import disk_of, filled, make_disk


def test_only_what_is_not_zeros_is_data(tmp_path: Path) -> None:
    blocks = {0: filled(0), 3: ZEROS, 4: b"\0" * (BLOCK_BYTES - 1) + b"x", 9: filled(9)}
    with DiskFile(make_disk(tmp_path / "disk", blocks, 12)) as disk:
        assert dict(disk.data()) == {0: filled(0), 4: blocks[4], 9: filled(9)}


def test_holes_are_not_read(tmp_path: Path) -> None:
    with DiskFile(disk_of(tmp_path / "disk", (0, 5000), 65_536)) as disk:
        assert disk.size_gib == 32
        assert sum(map(len, disk.extents())) < 10


def test_the_last_block_is_padded_with_zeros(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(filled(0) + b"tail")
    with DiskFile(path) as disk:
        assert list(disk.data()) == [(0, filled(0)), (1, b"tail".ljust(BLOCK_BYTES, b"\0"))]
        assert disk.size_gib == 1


@given(st.dictionaries(st.integers(0, 40), st.booleans(), max_size=12), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_extents_cover_all_data_in_order_and_never_twice(
    tmp_path_factory: pytest.TempPathFactory, places: dict[int, bool], rest: int
) -> None:
    path = tmp_path_factory.mktemp("disk") / "disk"
    blocks = {index: filled(index) if full else ZEROS for index, full in places.items()}
    make_disk(path, blocks, max(blocks, default=0) + 1 + rest)
    with DiskFile(path) as disk:
        covered = [index for extent in disk.extents() for index in extent]
        assert covered == sorted(set(covered))
        assert {index for index, full in places.items() if full} <= set(covered)
        assert {index for index, _ in disk.data()} == {index for index, full in places.items() if full}


def test_the_sum_is_that_of_the_checksums_in_the_order_of_their_blocks() -> None:
    one, two = digest_of(filled(1)), digest_of(filled(2))
    assert linear({7: two, 3: one}) == hashlib.sha256(one + two).digest()
    empty = base64.b64encode(linear({})).decode()
    assert empty == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize("size, gib", [(1, 1), (GIB, 1), (GIB + 1, 2), (8 * GIB, 8)])
def test_a_volume_is_whole_gib(size: int, gib: int) -> None:
    assert whole_gib(size) == gib


def test_what_is_no_disk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path, tmp_path / "empty"):
        with pytest.raises(UsageError, match="is not a file with a disk in it"):
            DiskFile(path)
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        DiskFile(tmp_path / "missing")


def test_a_file_that_is_written_to_meanwhile_is_noticed(tmp_path: Path) -> None:
    path = disk_of(tmp_path / "disk", (0,))
    with DiskFile(path) as disk:
        disk.check_unchanged()
        with path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(Ec2kitError, match="was written to while it was read"):
            disk.check_unchanged()
