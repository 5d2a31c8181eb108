"""Carrying a disk up: against a bare loop of the same requests, against the AWS CLI, and memory by the disk's size.

All ask the same endpoint, which takes blocks and forgets them. At most a quarter more CPU than the bare loop and
half a second to start; at 32 GiB at most 16 MiB more memory than at 2 GiB.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import tempfile
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from benchmarks.blocks_endpoint import SNAPSHOT, BlocksEndpoint
from benchmarks.child import Took, took
from benchmarks.result import Result

BLOCK, GIB = 524_288, 1 << 30
FULL = 256
"""Blocks with data in each disk, 128 MiB, spread over all of it."""
THREADS = 32
AWS_BLOCKS = 4
"""Blocks that the AWS CLI puts: a process for each."""
ROUND_TRIP = 0.05
SHARE, START, GROWTH_MIB = 1.25, 0.5, 16.0
"""`START` is CPU seconds: every ec2kit command reads the model of EC2, which the bare loop does without."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """One program to its end."""

    took: Took
    seconds: float
    blocks: int


def run() -> list[Result]:
    """CPU and wall time, blocks skipped, threads, memory."""
    with tempfile.TemporaryDirectory() as home:
        disk = _disk(Path(home) / "2.raw", 2)
        return [*_speed(disk, home), *_threads(disk, home), *_memory(disk, home)]


def _speed(disk: Path, home: str) -> list[Result]:
    rounds = [(_own(disk, home), _bare(disk, home)) for _ in range(3)]
    own, bare = (statistics.median(pair[side].took.cpu_seconds for pair in rounds) for side in (0, 1))
    seconds = statistics.median(pair[0].seconds for pair in rounds)
    theirs = statistics.median(pair[1].seconds for pair in rounds)
    aws = _aws(home)
    mib = FULL * BLOCK / (1 << 20)
    put = rounds[0][0].blocks
    told = f"bare loop {bare:.3g} and {theirs:.3g} s, ec2kit {seconds:.3g} s: {mib / seconds:.0f} MiB/s"
    return [
        Result(f"upload, {FULL} blocks, {THREADS} threads", own, "CPU s", told, bare * SHARE + START),
        Result(
            "upload, a block", 1000 * own / FULL, "CPU ms", f"aws ebs put-snapshot-block {1000 * aws:.0f}"
        ),
        Result("upload, blocks put of 4,096", put, "blocks", f"{4096 - put} skipped", FULL),
    ]


def _threads(disk: Path, home: str) -> list[Result]:
    """Which number of threads is worth having, when an answer takes as long as from AWS."""
    times = {threads: _own(disk, home, threads, delay=ROUND_TRIP).seconds for threads in (8, 16, THREADS, 64)}
    told = ", ".join(f"{threads}: {seconds:.3g}" for threads, seconds in times.items())
    return [Result("upload, 50 ms away, by threads", times[THREADS], "s", told)]


def _memory(small: Path, home: str) -> list[Result]:
    least = _own(small, home).took.peak_mib
    results = [Result("upload, 2 GiB sparse: memory", least, "MiB")]
    for gib in (8, 32):
        peak = _own(_disk(Path(home) / f"{gib}.raw", gib), home).took.peak_mib
        results.append(Result(f"upload, {gib} GiB sparse: memory", peak, "MiB", "", least + GROWTH_MIB))
    return results


def _disk(path: Path, gib: int) -> Path:
    """A sparse disk with blocks of noise in it, and beside it which they are."""
    noise = random.Random(gib)
    places = sorted(noise.sample(range(gib * GIB // BLOCK), FULL))
    path.with_suffix(".indexes").write_text("\n".join(map(str, places)))
    with path.open("wb") as file:
        file.truncate(gib * GIB)
        for index in places:
            file.seek(index * BLOCK)
            file.write(noise.randbytes(BLOCK))
    return path


def _own(disk: Path, home: str, threads: int = THREADS, delay: float = 0.0) -> Run:
    return _timed("own_puts.py", home, delay, (SNAPSHOT, str(disk), str(threads), f"{home}/log"))


def _bare(disk: Path, home: str) -> Run:
    return _timed(
        "bare_puts.py", home, 0.0, (SNAPSHOT, str(disk), str(THREADS), str(disk.with_suffix(".indexes")))
    )


def _timed(program: str, home: str, delay: float, words: tuple[str, ...]) -> Run:
    with BlocksEndpoint(delay) as endpoint:
        began = time.monotonic()
        cost = took(("python", str(HERE / program), *words), home, _settings(endpoint))
        return Run(cost, time.monotonic() - began, len(endpoint.put))


def _aws(home: str) -> float:
    """CPU seconds of a block with the AWS CLI."""
    data = random.Random(0).randbytes(BLOCK)
    path = Path(home) / "block"
    path.write_bytes(data)
    checksum = b64encode(hashlib.sha256(data).digest()).decode()
    words = ["aws", "ebs", "put-snapshot-block", "--snapshot-id", SNAPSHOT, "--data-length", str(BLOCK)]
    words += ["--block-data", str(path), "--checksum", checksum, "--checksum-algorithm", "SHA256"]
    with BlocksEndpoint() as endpoint:
        costs = [
            took([*words, "--block-index", str(index)], home, _settings(endpoint)).cpu_seconds
            for index in range(AWS_BLOCKS)
        ]
    return statistics.median(costs)


def _settings(endpoint: BlocksEndpoint) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF",
        "AWS_SECRET_ACCESS_KEY": "canned",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(HERE.parent),
    }
