"""Streams as frames and parts, and back: the same each time, in bounded memory, and never trusted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ec2kit.errors import Ec2kitError
from ec2kit.objects.facts import Facts, parse_facts
from ec2kit.objects.frames import FRAME_BYTES, ZERO_FRAME, Compressor, expand, zeros
from ec2kit.objects.making import SMALLEST_PART, DiskSum, Made, Maker, StreamSum, part_bytes
from tests.objects.streams import MIB, noise, pouring


def made(data: bytes, step: int = 3 * MIB) -> tuple[Facts, list[Made]]:
    parts: list[Made] = []
    maker = Maker(SMALLEST_PART, StreamSum(), parts.append)
    pouring(data, step)(maker)
    return maker.finish(), parts


DATA = noise(9 * MIB) + bytes(9 * MIB) + b"words " * 500_000 + noise(10 * MIB, 2)


def test_the_same_stream_gives_the_same_parts_however_it_comes() -> None:
    facts, parts = made(DATA)
    again, others = made(DATA, 5 * MIB + 17)
    assert facts == again
    assert [each.data for each in parts] == [each.data for each in others]
    assert all(each.part.size >= 5 * MIB for each in parts[:-1])


def test_an_object_is_what_zstd_reads() -> None:
    facts, parts = made(DATA)
    whole = b"".join(each.data for each in parts)
    stream = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(whole), read_across_frames=True)
    assert stream.read() == DATA
    assert facts.size == len(whole)
    assert facts.sha256 == hashlib.sha256(whole).hexdigest()
    assert facts.content_sha256 == hashlib.sha256(DATA).hexdigest()
    assert facts.raw_size == len(DATA)


def test_each_part_can_be_read_by_itself() -> None:
    facts, parts = made(DATA)
    at = 0
    for each, known in zip(parts, facts.parts, strict=True):
        assert b"".join(expand(each.data, known.raw_size)) == DATA[at : at + known.raw_size]
        assert hashlib.sha256(each.data).hexdigest() == known.sha256
        at += known.raw_size


def test_an_empty_stream_is_an_object_too() -> None:
    facts, parts = made(b"")
    assert len(parts) == 1
    assert list(expand(parts[0].data, 0)) == []
    assert facts.raw_size == 0


@given(st.binary(max_size=2000), st.integers(0, 40))
@settings(max_examples=30)
def test_facts_come_back(data: bytes, repeat: int) -> None:
    facts, _ = made(data * repeat)
    assert parse_facts(facts.as_json()) == facts


def test_zeros_take_next_to_nothing_and_are_known_again() -> None:
    facts, parts = made(bytes(64 * MIB))
    assert facts.size < 64 << 10
    assert all(piece is ZERO_FRAME for piece in expand(parts[0].data, 64 * MIB))


def test_a_disk_sum_tells_where_data_are() -> None:
    def total(*frames: bytes) -> str:
        found = DiskSum()
        for frame in frames:
            found.add(frame)
        return found.hex()

    data, hole = noise(FRAME_BYTES), bytes(FRAME_BYTES)
    assert total(hole, data) != total(data, hole)
    assert total(data, hole) == total(data)
    by_hand = hashlib.sha256((1).to_bytes(8, "big") + data).hexdigest()
    assert total(ZERO_FRAME, data, hole) == by_hand


def test_parts_fit_in_an_object_of_any_size() -> None:
    assert part_bytes(0) == SMALLEST_PART
    for gib in (1, 64, 100, 1024, 16384):
        assert (gib << 30) / part_bytes(gib << 30) <= 9_000


def hungry(window: int) -> bytes:
    """A frame that asks its reader for so much memory."""
    params = zstandard.ZstdCompressionParameters.from_level(3, window_log=window, enable_ldm=True)
    stream = zstandard.ZstdCompressor(compression_params=params).compressobj()
    return stream.compress(noise(1 << 20)) + stream.flush()


@pytest.mark.parametrize(
    "data, raw_size",
    [
        (b"no zstd at all", 14),
        (Compressor().frame(b"x" * 100)[:-5], 100),
        (Compressor().frame(b"x" * 100), 99),
        (Compressor().frame(b"x" * 100), 101),
        (zeros() * 3, FRAME_BYTES),
        (hungry(27), 1 << 20),
    ],
    ids=["not-zstd", "torn", "more", "less", "zeros", "window"],
)
def test_what_is_not_what_it_should_be_is_refused(data: bytes, raw_size: int) -> None:
    with pytest.raises(Ec2kitError, match="damaged"):
        list(expand(data, raw_size))


def test_a_bomb_is_noticed_when_it_is_a_piece_too_large() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(512 * MIB))
    assert len(bomb) < 64 << 10
    seen = 0

    def counted(pieces: Iterator[bytes]) -> None:
        nonlocal seen
        for piece in pieces:
            seen += len(piece)

    with pytest.raises(Ec2kitError, match="more"):
        counted(expand(bomb, 10 * MIB))
    assert seen <= 10 * MIB
