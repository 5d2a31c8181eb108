"""`ec2kit --help` against `aws --version`: neither needs anything, so what is measured is starting up."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.result import Result

ROUNDS = 15
SHARE = 1 / 3
"""`ec2kit --help` may take at most this share of what `aws --version` takes."""


def run() -> list[Result]:
    """Run both in turn, so that a busy moment hits both alike; compare the medians of their CPU seconds."""
    bin_directory = Path(sys.executable).parent
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(ROUNDS):
            ours.append(cpu_seconds([str(bin_directory / "ec2kit"), "--help"], home))
            theirs.append(cpu_seconds([str(bin_directory / "aws"), "--version"], home))
    mine, other = statistics.median(ours), statistics.median(theirs)
    return [Result("ec2kit --help", mine, "CPU s", f"aws --version: {other:.3g} CPU s", other * SHARE)]


def cpu_seconds(words: list[str], home: str) -> float:
    """Run a program to its end and return the CPU seconds, user and system, that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {"PATH": "/usr/bin:/bin", "HOME": home}
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
