"""The log of blocks carried: what is written is there for the next process, what is torn is cut away."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.blocks.data import digest_of
from ec2kit.blocks.log import BlockLog
from ec2kit.errors import Ec2kitError

ONE, TWO = digest_of(b"1"), digest_of(b"2")


def test_the_next_process_knows_what_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "new" / "snap-1.blocks"
    log = BlockLog(path)
    log.note(3, ONE)
    log.note(70_000, TWO)
    # Not closed: a killed process closes nothing.
    again = BlockLog(path)
    assert (again.digests, again.sealed) == ({3: ONE, 70_000: TWO}, False)
    again.note(3, TWO)
    again.seal()
    third = BlockLog(path)
    assert (third.digests, third.sealed) == ({3: TWO, 70_000: TWO}, True)
    for each in (log, again, third):
        each.close()


@pytest.mark.parametrize("torn", ["9", "9 ", "9 abc", f"9 {'g' * 64}\n", "9 ab\n", "\n", "\0\0\0\0", "seal"])
def test_what_was_torn_off_is_cut_away_and_written_over(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "snap-1.blocks"
    log = BlockLog(path)
    log.note(3, ONE)
    log.close()
    with path.open("a") as file:
        file.write(torn)
    again = BlockLog(path)
    assert (again.digests, again.sealed) == ({3: ONE}, False)
    again.note(4, TWO)
    again.close()
    assert path.read_text() == f"3 {ONE.hex()}\n4 {TWO.hex()}\n"


def test_each_cut_of_the_file_loses_only_its_end(tmp_path: Path) -> None:
    path = tmp_path / "snap-1.blocks"
    log = BlockLog(path)
    for index in range(3):
        log.note(index, ONE)
    log.close()
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        again = BlockLog(path)
        assert list(again.digests) == list(range(length // (len(whole) // 3)))
        again.close()


def test_it_is_removed_when_all_is_over(tmp_path: Path) -> None:
    log = BlockLog(tmp_path / "snap-1.blocks")
    log.note(1, ONE)
    log.remove()
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_it_remembers_for_the_process_only() -> None:
    log = BlockLog()
    log.note(1, ONE)
    log.seal()
    assert (log.digests, log.sealed) == ({1: ONE}, True)
    log.remove()


def test_a_place_that_cannot_be_written_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Ec2kitError, match="cannot be written") as refused:
        BlockLog(tmp_path / "file" / "snap-1.blocks")
    assert refused.value.hint
