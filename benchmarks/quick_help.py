"""`ec2kit --help` against `aws --version`: neither needs anything, so what is measured is starting up."""

from __future__ import annotations

import statistics
import tempfile

from benchmarks.child import took
from benchmarks.result import Result

ROUNDS = 15
SHARE = 1 / 3
"""`ec2kit --help` may take at most this share of what `aws --version` takes."""


def run() -> list[Result]:
    """Run both in turn, so that a busy moment hits both alike; compare the medians of their CPU seconds."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(ROUNDS):
            ours.append(took(["ec2kit", "--help"], home).cpu_seconds)
            theirs.append(took(["aws", "--version"], home).cpu_seconds)
    mine, other = statistics.median(ours), statistics.median(theirs)
    return [Result("ec2kit --help", mine, "CPU s", f"aws --version: {other:.3g} CPU s", other * SHARE)]
