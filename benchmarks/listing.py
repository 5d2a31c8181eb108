"""`ec2kit ls` in a pipe against `aws ec2 describe-instances`, of 10, 1,000 and 5,000 instances.

Both ask the same canned endpoint. At most 0.8 of the CPU seconds of json, and not more than text.
"""

from __future__ import annotations

import statistics
import tempfile

from benchmarks.canned import Endpoint
from benchmarks.child import Took, took
from benchmarks.result import Result

SIZES = {10: 7, 1000: 3, 5000: 1}
"""Instances, and how often each program lists them."""
SHARE_OF_JSON = 0.8
PROGRAMS: dict[str, tuple[str, ...]] = {
    "ec2kit": ("ec2kit", "ls"),
    "ec2kit json": ("ec2kit", "ls", "-o", "json"),
    "aws text": ("aws", "ec2", "describe-instances", "--output", "text"),
    "aws json": ("aws", "ec2", "describe-instances", "--output", "json"),
}


def run() -> list[Result]:
    """CPU seconds with both limits, and memory beside that of the AWS CLI."""
    return [result for size, rounds in SIZES.items() for result in _of(size, rounds)]


def _of(size: int, rounds: int) -> list[Result]:
    runs: dict[str, list[Took]] = {name: [] for name in PROGRAMS}
    with Endpoint(size) as endpoint, tempfile.TemporaryDirectory() as home:
        settings = {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF",
            "AWS_SECRET_ACCESS_KEY": "canned",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        # In turn, so that a busy moment hits all alike.
        for _ in range(rounds):
            for name, words in PROGRAMS.items():
                runs[name].append(took(words, home, settings))
    return _results(size, runs)


def _results(size: int, runs: dict[str, list[Took]]) -> list[Result]:
    cpu = {name: statistics.median(each.cpu_seconds for each in of) for name, of in runs.items()}
    peak = {name: max(each.peak_mib for each in of) for name, of in runs.items()}
    compared = (
        f"aws: text {cpu['aws text']:.3g}, json {cpu['aws json']:.3g}; ls -o json {cpu['ec2kit json']:.3g}"
    )
    limit = min(cpu["aws text"], cpu["aws json"] * SHARE_OF_JSON)
    memory = f"aws: text {peak['aws text']:.3g}, json {peak['aws json']:.3g}"
    return [
        Result(f"ec2kit ls, {size:,} instances", cpu["ec2kit"], "CPU s", compared, limit),
        Result(f"ec2kit ls, {size:,} instances: memory", peak["ec2kit"], "MiB", memory),
    ]
