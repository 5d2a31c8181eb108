"""A snapshot read back and held against the file that it was made of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ec2kit.aws.blocks import Listed
from ec2kit.blocks.crew import Crew
from ec2kit.blocks.data import ZEROS, DiskFile
from ec2kit.errors import Ec2kitError

if TYPE_CHECKING:
    from ec2kit.aws.blocks import Blocks

SHARE, LEAST = 0.05, 16
"""A sample is a twentieth of the blocks, and 16 at least: if a hundredth were wrong, a sample of 5 % of a 2 GiB image
would miss all of them once in ten times. Every block's checksum was checked by AWS when it came and again when all
were there, so what a sample looks for is that the right snapshot is where it should be."""
TOLD = 5
"""Wrong blocks that an error names."""


class Thoroughness(StrEnum):
    """How much is read back."""

    FULL = "full"
    SAMPLE = "sample"


@dataclass(frozen=True)
class Verified:
    """What was compared: `blocks` that the snapshot has, of which `read` were read."""

    blocks: int
    read: int


class Different(Ec2kitError):
    """The snapshot is not what the file is."""


def verify(
    blocks: Blocks, snapshot: str, disk: DiskFile, how: Thoroughness, crew: Crew | None = None
) -> Verified:
    """Given a completed snapshot and the file, see that the snapshot has every block of the file that is not zeros,
    that what it has besides is zeros, and that what is read is equal.

    Raises `Different`, which names blocks, `Ec2kitError` for a file that changes, and what reading raises.
    """
    listed = blocks.listed(snapshot)
    of_file = [index for index, _ in disk.data()]
    check_present(snapshot, of_file, listed)
    extra = sorted(listed.tokens.keys() - set(of_file))
    chosen = [*(of_file if how is Thoroughness.FULL else sample(of_file, snapshot)), *extra]
    wrong: list[int] = []

    def compare(index: int) -> None:
        wanted = disk.read(index) if index * len(ZEROS) < disk.size_bytes else ZEROS
        if blocks.get(snapshot, index, listed.tokens[index]) != wanted:
            wrong.append(index)

    (crew or Crew()).carry(chosen, len(chosen), compare)
    disk.check_unchanged()
    if wrong:
        raise _different(snapshot, wrong, "differ")
    return Verified(len(listed.tokens), len(chosen))


def check_present(snapshot: str, of_file: Sequence[int], listed: Listed) -> None:
    """Raise `Ec2kitError` when the snapshot lacks a block of the file."""
    if missing := [index for index in of_file if index not in listed.tokens]:
        raise _different(snapshot, missing, "are not in it")


def sample(indexes: Sequence[int], seed: str) -> list[int]:
    """Given the blocks, return the first, the last, and a random share that is the same for the same seed."""
    number = min(len(indexes), max(LEAST, round(len(indexes) * SHARE)))
    chosen = set(random.Random(seed).sample(indexes, number))
    return sorted(chosen.union(indexes[:1], indexes[-1:]))


def _different(snapshot: str, wrong: Sequence[int], how: str) -> Different:
    shown = ", ".join(map(str, sorted(wrong)[:TOLD])) + (", …" if len(wrong) > TOLD else "")
    return Different(
        f"snapshot '{snapshot}' is not what the file is: {len(wrong):,} blocks {how}: {shown}",
        resource=snapshot,
    )
