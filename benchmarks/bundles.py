"""Bundles: memory by the size of a disk, and directories stored and restored against `tar | zstd`.

All of it against an endpoint that keeps what it gets in its own memory. Making the tar is this machine's own: the
small machine that reads it off snapshots is emulated here, which would be all that is measured. At 32 GiB at most
16 MiB more memory than at 2 GiB. Half as much CPU again as a pipe that has both its ends summed up by sha256sum, and
what it takes to begin: each part has its own sums besides, and goes by HTTP.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from pathlib import Path

from benchmarks.bundles_endpoint import BundlesEndpoint
from benchmarks.child import Took, took
from benchmarks.result import Result

FULL = 128
"""Blocks with data in each disk: 64 MiB."""
FILES, FILE_BYTES = 2_000, 128 << 10
"""250 MiB of files, half noise and half words."""
TIMES, START, GROWTH_MIB = 1.5, 1.0, 16.0
"""`START` is CPU seconds: botocore and its models of two services."""
ROUNDS = 3
HERE = Path(__file__).parent
LEVEL = 3
"""zstd's, as bundles are compressed."""


def run() -> list[Result]:
    """Memory, and CPU per MiB."""
    with tempfile.TemporaryDirectory() as home:
        return [*_memory(home), *_directories(Path(home))]


def _memory(home: str) -> list[Result]:
    least = _disk(home, 2)
    larger = [
        Result(f"bundle, {gib} GiB sparse: memory", _disk(home, gib), "MiB", "", least + GROWTH_MIB)
        for gib in (8, 32)
    ]
    return [Result("bundle, 2 GiB sparse: memory", least, "MiB"), *larger]


def _disk(home: str, gib: int) -> float:
    with BundlesEndpoint(gib, FULL) as endpoint:
        return _own(home, endpoint, "disk", str(gib)).peak_mib


def _directories(home: Path) -> list[Result]:
    tree, packed, facts = _tree(home / "tree"), home / "packed.zst", home / "facts.json"
    stores: list[tuple[float, float, float]] = []
    restores: list[tuple[float, float, float]] = []
    for number in range(ROUNDS):
        ours, theirs = home / f"ours-{number}", home / f"theirs-{number}"
        ours.mkdir()
        theirs.mkdir()
        with BundlesEndpoint() as endpoint:
            store = _own(str(home), endpoint, "store", str(tree), str(facts)).cpu_seconds
            restore = _own(str(home), endpoint, "restore", str(facts), str(ours)).cpu_seconds
        pack, unpack = f"tar -C {tree} -cf - .", f"tar -C {theirs} -xf -"
        stores.append((store, *_pipes(home, pack, f"zstd -q -{LEVEL} -f -o {packed}", f"cat {packed}")))
        restores.append((restore, *_pipes(home, f"zstd -dc {packed}", unpack, f"cat {packed}")))
    mib = FILES * FILE_BYTES >> 20
    return [
        _compared(f"bundle create, {mib} MiB of files", stores, "tar | zstd"),
        _compared(f"bundle restore, {mib} MiB of files", restores, "zstd | tar"),
    ]


def _pipes(home: Path, first: str, second: str, packed: str) -> tuple[float, float]:
    """CPU seconds of the bare pipe, and of one that has the stream and what is stored summed up as well."""
    bare = _sh(home, f"{first} | {second}")
    summed = f"mkfifo way; sha256sum <way & {first} | tee way | {second}; wait; rm way; {packed} | sha256sum"
    return bare, _sh(home, summed)


def _compared(name: str, rounds: list[tuple[float, float, float]], pipe: str) -> Result:
    own, bare, summed = (statistics.median(each[side] for each in rounds) for side in (0, 1, 2))
    told = f"{pipe} {bare:.3g}, with sums {summed:.3g}"
    return Result(name, own, "CPU s", told, summed * TIMES + START)


def _tree(directory: Path) -> Path:
    noise = random.Random(5)
    words = b"".join(b"%d bottles of beer\n" % number for number in range(8_000))[: FILE_BYTES // 2]
    for number in range(FILES):
        place = directory / f"{number % 40:02}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.dat").write_bytes(noise.randbytes(FILE_BYTES - len(words)) + words)
    return directory


def _own(home: str, endpoint: BundlesEndpoint, *words: str) -> Took:
    settings = {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF",
        "AWS_SECRET_ACCESS_KEY": "canned",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(HERE.parent),
    }
    return took(("python", str(HERE / "own_bundle.py"), *words), home, settings)


def _sh(home: Path, line: str) -> float:
    return took(("/bin/sh", "-ec", line), str(home)).cpu_seconds
